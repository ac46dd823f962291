package io.emberfs.app.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.app.control.Json;
import io.emberfs.core.Meters;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class StatsDocumentTest {
  private static final String EMPTY =
      "{\"uptimeSeconds\":1.5,\"transport\":\"dev\",\"transportReason\":\"why\","
          + "\"reads\":{\"requests\":0,\"bytes\":0,\"hitBlocks\":{\"ram\":0,\"vram\":0,\"ssd\":0,\"peer\":0},\"missBlocks\":0},"
          + "\"writes\":{\"requests\":0,\"bytes\":0},"
          + "\"backing\":{\"reads\":0,\"readBytes\":0,\"writes\":0,\"writeBytes\":0,\"syncs\":0,\"errors\":0},"
          + "\"prefetch\":{\"issuedBlocks\":0,\"usedBlocks\":0,\"lateBlocks\":0,\"wastedBlocks\":0,\"issuedBytes\":0,\"throttled\":0},"
          + "\"tiers\":{\"ram\":{\"capacityBytes\":0,\"usedBytes\":0,\"logicalBytes\":0,\"blocks\":0,\"evictions\":0,\"quarantined\":0},"
          + "\"ssd\":{\"capacityBytes\":0,\"usedBytes\":0,\"logicalBytes\":0,\"blocks\":0,\"evictions\":0,\"quarantined\":0},"
          + "\"vram\":{\"capacityBytes\":0,\"usedBytes\":0,\"logicalBytes\":0,\"blocks\":0,\"evictions\":0}},"
          + "\"dirty\":{\"bytes\":0,\"oldestSeconds\":0},"
          + "\"integrity\":{\"checksumFailures\":0,\"versionDrops\":0,\"scrubbedBlocks\":0,\"repairedBlocks\":0},"
          + "\"latencyMicros\":{\"read\":{\"p50\":0,\"p99\":0},\"write\":{\"p50\":0,\"p99\":0},\"fsync\":{\"p50\":0,\"p99\":0}},"
          + "\"cpuSeconds\":{\"total\":0,\"predictor\":0}}";

  private final Meters meters = new Meters();

  @Test
  void everyKeyOfTheContractIsThereAlsoWhenNobodyCounts() {
    assertThat(Json.write(StatsDocument.of(meters, 1.5, "dev", "why"))).isEqualTo(EMPTY);
  }

  @Test
  void countersGaugesRatiosAndHistogramsStandAtTheirNames() {
    meters.counter("reads.hitBlocks.ram").add(7);
    meters.gauge("tiers.ram.usedBytes", () -> 4096);
    meters.ratio("cpuSeconds.total", () -> 1.23456);
    meters.counter("fuse.requests").add(3);
    meters.histogram("latencyMicros.read").record(10_000);
    String json = Json.write(StatsDocument.of(meters, 0, "dev", "why"));
    assertThat(json)
        .contains(
            "\"hitBlocks\":{\"ram\":7,",
            "\"usedBytes\":4096",
            "\"total\":1.235",
            "\"fuse\":{\"requests\":3}")
        .containsPattern("\"read\":\\{\"p50\":10\\.[0-9]+,\"p99\":10\\.");
  }

  @Test
  void aNameThatIsBothANumberAndABranchStandsWhole() {
    meters.counter("odd").add(1);
    meters.counter("odd.inner").add(2);
    Map<String, Object> stats = StatsDocument.of(meters, 0, "dev", "why");
    assertThat(stats).containsEntry("odd", 1L).containsEntry("odd.inner", 2L);
  }

  @Test
  void whatIsNoNumberIsZero() {
    meters.ratio("prefetch.precision", () -> Double.NaN);
    assertThat(Json.write(StatsDocument.of(meters, 0, "dev", "why"))).contains("\"precision\":0.0");
  }
}

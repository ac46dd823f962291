package io.emberfs.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import io.emberfs.architecture.planted.app.PlantedMain;
import io.emberfs.architecture.planted.core.PlantedForeignImport;
import io.emberfs.architecture.planted.core.PlantedUpwardArrow;
import io.emberfs.architecture.planted.engine.PlantedClock;
import io.emberfs.architecture.planted.engine.PlantedCycle;
import io.emberfs.architecture.planted.engine.PlantedRandomness;
import io.emberfs.architecture.planted.engine.PlantedSibling;
import io.emberfs.architecture.planted.engine.PlantedThread;
import io.emberfs.architecture.planted.ffi.PlantedNativeUpwardArrow;
import io.emberfs.architecture.planted.fuse.PlantedAutomaticArena;
import io.emberfs.architecture.planted.fuse.PlantedDowncall;
import io.emberfs.architecture.planted.fuse.PlantedFuseSibling;
import io.emberfs.architecture.planted.fuse.PlantedOutput;
import io.emberfs.architecture.planted.fuse.PlantedVendors;
import io.emberfs.architecture.planted.persistence.PlantedPersistenceSibling;
import io.emberfs.architecture.planted.predictor.PlantedPredictorSibling;
import io.emberfs.architecture.planted.predictor.PlantedSleep;
import io.emberfs.architecture.planted.testkit.PlantedWideTestkit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule holds for the product and catches the violation that is planted for it. */
final class ArchitectureTest {
  private static final String PRODUCT_ROOT = "io.emberfs";
  private static final String PLANTED_ROOT = "io.emberfs.architecture.planted";

  private static final JavaClasses PRODUCT =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("/test-classes/"))
          .importPackages(PRODUCT_ROOT);
  private static final JavaClasses PLANTED = new ClassFileImporter().importPackages(PLANTED_ROOT);

  record Case(String name, Function<String, ArchRule> rule, Class<?> planted) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case("arrows from core", arrowsFrom("core"), PlantedUpwardArrow.class),
        new Case("arrows from native", arrowsFrom("ffi"), PlantedNativeUpwardArrow.class),
        new Case("arrows from fuse-fs", arrowsFrom("fuse"), PlantedFuseSibling.class),
        new Case("arrows from block-engine", arrowsFrom("engine"), PlantedSibling.class),
        new Case(
            "arrows from persistence", arrowsFrom("persistence"), PlantedPersistenceSibling.class),
        new Case("arrows from predictor", arrowsFrom("predictor"), PlantedPredictorSibling.class),
        new Case("arrows from testkit", arrowsFrom("testkit"), PlantedWideTestkit.class),
        new Case("testkit is for tests", Rules::testkitIsForTests, PlantedMain.class),
        new Case("no cycles of packages", Rules::noCyclesOfPackages, PlantedCycle.class),
        new Case(
            "core sees JDK and JSpecify only",
            Rules::coreSeesJdkAndJSpecifyOnly,
            PlantedForeignImport.class),
        new Case(
            "RocksDB in persistence only",
            vendor("org.rocksdb", "persistence"),
            PlantedVendors.OfRocksDb.class),
        new Case(
            "lz4 in engine.codec only",
            vendor("net.jpountz.lz4", "engine.codec"),
            PlantedVendors.OfLz4.class),
        new Case(
            "snappy in engine.codec only",
            vendor("org.xerial.snappy", "engine.codec"),
            PlantedVendors.OfSnappy.class),
        new Case(
            "zstd in engine.codec and app.simulate only",
            vendor("com.github.luben.zstd", "engine.codec", "app.simulate"),
            PlantedVendors.OfZstd.class),
        new Case("picocli in app only", vendor("picocli", "app"), PlantedVendors.OfPicocli.class),
        new Case(
            "Logback in app only", vendor("ch.qos.logback", "app"), PlantedVendors.OfLogback.class),
        new Case("avaje in app only", vendor("io.avaje", "app"), PlantedVendors.OfAvaje.class),
        new Case(
            "jnr-fuse in fuse.jnr only",
            vendor("ru.serce", "fuse.jnr"),
            PlantedVendors.OfJnrFuse.class),
        new Case("jnr in fuse.jnr only", vendor("jnr", "fuse.jnr"), PlantedVendors.OfJnr.class),
        new Case("downcalls in native only", Rules::downcallsInNativeOnly, PlantedDowncall.class),
        new Case("no clock of its own", Rules::noClockOfItsOwn, PlantedClock.class),
        new Case("no sleep", Rules::noClockOfItsOwn, PlantedSleep.class),
        new Case("no randomness of its own", Rules::noRandomnessOfItsOwn, PlantedRandomness.class),
        new Case("no threads of its own", Rules::noThreadsOfItsOwn, PlantedThread.class),
        new Case(
            "automatic arenas in tests only",
            Rules::automaticArenasInTestsOnly,
            PlantedAutomaticArena.class),
        new Case(
            "standard output in app only", Rules::standardOutputInAppOnly, PlantedOutput.class));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void holdsForTheProduct(Case rule) {
    rule.rule().apply(PRODUCT_ROOT).check(PRODUCT);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void catchesThePlantedViolation(Case rule) {
    EvaluationResult result = rule.rule().apply(PLANTED_ROOT).evaluate(PLANTED);

    assertThat(result.hasViolation()).isTrue();
    assertThat(String.join("\n", result.getFailureReport().getDetails()))
        .contains(rule.planted().getSimpleName());
  }

  @Test
  void everyRoomIsImported() {
    assertThat(Stream.of("core", "ffi", "fuse", "engine", "persistence", "predictor", "app"))
        .allSatisfy(room -> assertThat(PRODUCT.containPackage(PRODUCT_ROOT + "." + room)).isTrue());
  }

  @Test
  void seededRandomnessIsAllowed() {
    EvaluationResult result = Rules.noRandomnessOfItsOwn(PLANTED_ROOT).evaluate(PLANTED);

    assertThat(String.join("\n", result.getFailureReport().getDetails()))
        .contains("unseeded()")
        .doesNotContain(".seeded(");
  }

  private static Function<String, ArchRule> arrowsFrom(String room) {
    return root -> Rules.arrowsFrom(room, root);
  }

  private static Function<String, ArchRule> vendor(String vendor, String... ours) {
    return root -> Rules.vendorOnlyIn(vendor, root, ours);
  }
}

package io.emberfs.app.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.emberfs.app.answer.Refusal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TraceReaderTest {
  private static final String HEADER = "time_us,volume,offset,length,op\n";

  @TempDir private Path folder;

  @Test
  void plainAndCompressedAreTheSame() throws IOException, Refusal {
    String text = HEADER + "0,a,4096,512,R\n7,b,0,8192,W\n9,a,0,1,R\n";
    Path plain = Files.writeString(folder.resolve("t.csv"), text);
    Path compressed = folder.resolve("t.csv.zst");
    Files.write(compressed, Zstd.compress(text.getBytes(StandardCharsets.US_ASCII)));
    for (Path file : new Path[] {plain, compressed}) {
      Trace trace = TraceReader.read(file, Long.MAX_VALUE);
      assertThat(trace.name()).isEqualTo("t");
      assertThat(trace.timesMicros()).containsExactly(0, 7, 9);
      assertThat(trace.volumes()).containsExactly(0, 1, 0);
      assertThat(trace.offsets()).containsExactly(4096, 0, 0);
      assertThat(trace.lengths()).containsExactly(512, 8192, 1);
      assertThat(TraceReader.read(file, 2).requestCount()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1,a,0,512",
        "1,a,0,512,R,x",
        "x,a,0,512,R",
        "1,a,-1,512,R",
        "1,a,0,0,R",
        "1,a,0,512,T",
        "1,a,99999999999999999999,1,R",
        "1,a,0,4294967296,R",
        ""
      })
  void aLineThatIsNotUnderstoodIsRefusedWithItsNumber(String line) throws IOException {
    Path file = Files.writeString(folder.resolve("t.csv"), HEADER + "0,a,0,512,R\n" + line + "\n");
    assertThatThrownBy(() -> TraceReader.read(file, Long.MAX_VALUE))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("line 3");
  }

  @Test
  void filesThatAreNoTracesAreRefused() throws IOException {
    Path noHeader = Files.writeString(folder.resolve("a.csv"), "0,a,0,512,R\n");
    Path empty = Files.writeString(folder.resolve("b.csv"), HEADER);
    Path torn = Files.write(folder.resolve("c.csv.zst"), new byte[] {40, -75, 47, -3, 9});
    for (Path file : new Path[] {noHeader, empty, torn, folder.resolve("missing.csv"), folder}) {
      assertThatThrownBy(() -> TraceReader.read(file, Long.MAX_VALUE))
          .as(file.toString())
          .isInstanceOf(Refusal.class);
    }
  }
}

package io.weir.relay.http1;

import static io.weir.relay.http1.Vectors.bytes;
import static io.weir.relay.http1.Vectors.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Mutated chunked bodies: however they come into sight and are read, they mean the same. */
class ChunkFuzzTest {
  @Test
  void body_mutated_isJudgedAlikeInEveryModeAndSplit() {
    List<byte[]> seeds = Fuzz.chunkedSeeds();
    int whole = 0;
    for (int seed = 0; seed < Fuzz.TRIES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] b = Fuzz.mutant(seeds, random);
      BodyReader.Result first = BodyReader.read(b, 0, b.length, b.length + 1, BodyReader.Mode.DATA);
      String as = "seed " + seed + " " + text(b, 0, b.length);
      // What stands around the bytes must not matter.
      byte[] around = bytes("5\r" + text(b, 0, b.length) + "\r\n0\r\n\r\n");
      for (BodyReader.Mode mode : BodyReader.Mode.values()) {
        int step = 1 + random.nextInt(9);
        BodyReader.Result other = BodyReader.read(around, 2, 2 + b.length, step, mode);
        assertThat(other.verdict()).as(as).isEqualTo(first.verdict());
        assertThat(other.detail()).as(as).isEqualTo(first.detail());
        assertThat(other.data()).as(as).isEqualTo(first.data());
        assertThat(other.bytes()).as(as).isEqualTo(first.bytes());
      }
      whole += first.verdict().equals("OK") ? 1 : 0;
    }
    assertThat(whole).as("mutants that were whole bodies").isGreaterThan(Fuzz.TRIES / 5);
  }
}

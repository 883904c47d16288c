package io.weir.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SeededBytesTest {
  private static final int MIB = 1024 * 1024;
  private final SeededBytes sequence = new SeededBytes(42);

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 65_520, 65_521, 65_522, 8 * 65_521 - 1, 1L << 40, Long.MAX_VALUE / 2})
  void fill_anyPosition_isBytesOneByOne(long position) {
    byte[] bytes = new byte[600_000];
    sequence.fill(bytes, position);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != sequence.at(position + i)) {
        throw new AssertionError("byte " + i + " differs");
      }
    }
    ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length);
    sequence.fill(direct, position);
    assertThat(direct.flip()).isEqualTo(ByteBuffer.wrap(bytes));
  }

  @Test
  void mismatch_oneByteWrong_isItsIndex() {
    byte[] bytes = new byte[MIB + 1];
    ByteBuffer direct = ByteBuffer.allocateDirect(MIB + 1);
    for (int wrong : new int[] {0, 1, 65_520, 65_521, 524_167, 524_168, MIB - 1, MIB}) {
      sequence.fill(bytes, 7);
      bytes[wrong] ^= 1;
      direct.clear().put(bytes).flip();
      assertThat(sequence.mismatch(bytes, 0, bytes.length, 7)).isEqualTo(wrong);
      assertThat(sequence.mismatch(ByteBuffer.wrap(bytes), 7)).isEqualTo(wrong);
      assertThat(sequence.mismatch(direct, 7)).isEqualTo(wrong);
      assertThat(direct.position()).isZero();
      assertThat(direct.remaining()).isEqualTo(MIB + 1);
    }
  }

  @Test
  void mismatch_rightBytesInMidBuffer_isMinusOne() {
    ByteBuffer direct = ByteBuffer.allocateDirect(MIB);
    sequence.fill(direct.position(11).limit(MIB - 3), 65_515);
    assertThat(sequence.mismatch(direct.position(11), 65_515)).isEqualTo(-1);
    assertThat(sequence.mismatch(direct.position(12), 65_516)).isEqualTo(-1);
    assertThat(sequence.mismatch(direct.position(12), 65_515)).isNotNegative();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 1448, 4096, 16_384, 65_520, 65_536, 131_072, MIB})
  void mismatch_movedByCommonBlockSize_shows(int moved) {
    byte[] bytes = new byte[4096];
    sequence.fill(bytes, moved);
    assertThat(sequence.mismatch(bytes, 0, bytes.length, 0)).isBetween(0, 16);
  }

  @Test
  void sequence_otherSeed_differs() {
    byte[] bytes = new byte[4096];
    new SeededBytes(43).fill(bytes, 0);
    assertThat(sequence.mismatch(bytes, 0, bytes.length, 0)).isBetween(0, 16);
    new SeededBytes(42).fill(bytes, 0);
    assertThat(sequence.mismatch(bytes, 0, bytes.length, 0)).isEqualTo(-1);
  }

  @Test
  void sequence_negativePosition_isRefused() {
    assertThatThrownBy(() -> sequence.fill(new byte[1], -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("position -1");
  }

  @Test
  void slice_longest_isTheSequence() {
    ByteBuffer view = sequence.view();
    sequence.slice(view, 65_520, SeededBytes.SLICE_BYTES_MAX);
    assertThat(view.remaining()).isEqualTo(SeededBytes.SLICE_BYTES_MAX);
    assertThat(sequence.mismatch(view, 65_520)).isEqualTo(-1);
    assertThatThrownBy(() -> sequence.slice(view, 0, SeededBytes.SLICE_BYTES_MAX + 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

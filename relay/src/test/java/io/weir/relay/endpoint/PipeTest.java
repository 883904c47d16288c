package io.weir.relay.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weir.relay.loop.LoopGroup;
import io.weir.relay.loop.Scratch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pipes as the kernel gives them. */
final class PipeTest {
  private static final int DEFAULT_BYTES = 64 * 1024;

  @BeforeEach
  void onlyWherePipesAre() {
    assumeTrue(LoopGroup.rawAvailable());
  }

  @Test
  void pipe_ofTheWantedSize_isAsLargeAsTheSystemAllows() {
    Pipe pipe = PipeBytes.open(Pipe.WANTED_BYTES);
    Pipe usual = Pipe.open();
    assertThat(usual).isNotNull();
    assertThat(usual.capacityBytes()).isEqualTo(pipe.capacityBytes());
    assertThat(usual.capacityBytes()).isBetween(DEFAULT_BYTES, Pipe.WANTED_BYTES);
    pipe.close();
    usual.close();
  }

  @Test
  void size_thatIsRefused_leavesTheDefault() {
    Pipe pipe = PipeBytes.open(-1);
    assertThat(pipe.capacityBytes()).isEqualTo(DEFAULT_BYTES);
    pipe.close();
  }

  @Test
  void pipeThatIsTooSmall_isNone() {
    assertThat(Pipe.open(4096)).isNull();
  }

  @Test
  void bytes_readOut_areThoseThatWentIn() {
    Pipe pipe = PipeBytes.open(DEFAULT_BYTES);
    byte[] bytes = new byte[50_000];
    bytes[49_999] = 7;
    PipeBytes.fill(pipe, bytes, 0, bytes.length);
    assertThat(pipe.heldBytes()).isEqualTo(50_000);
    Scratch to = new Scratch(60_000);
    assertThat(pipe.read(to, 0, 60_000)).isEqualTo(50_000);
    assertThat(to.bytes()[49_999]).isEqualTo((byte) 7);
    assertThat(pipe.heldBytes()).isZero();
    assertThat(pipe.read(to, 0, 60_000)).isZero();
    pipe.close();
    pipe.close();
  }
}

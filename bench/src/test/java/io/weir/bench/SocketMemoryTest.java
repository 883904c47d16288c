package io.weir.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SocketMemoryTest {
  @Test
  void held_ofTwoSockets_countsWhatIsHeldAndNoLimits() {
    String said =
        """
        ESTAB 0 0 127.0.0.1:3001 127.0.0.1:4 skmem:(r4096,rb131072,t9,tb87040,f512,w1000,o0,bl8,d7)
        ESTAB 0 0 127.0.0.1:3001 127.0.0.1:6 skmem:(r4096,rb1,t0,tb1,f4294963200,w0,o0,bl0,d0)
        FIN-WAIT-1 0 9 127.0.0.1:3001 127.0.0.1:5 skmem:(r0,rb1,t0,tb1,f0,w2000,o0,bl0,d0)
        """;
    assertThat(SocketMemory.held(said))
        .isEqualTo(new SocketMemory.Held(4096 + 512 + 1000 + 8 + 4096 - 4096 + 2000, 3));
  }

  @Test
  void sysctl_ofThreeNumbers_isReadWhole() throws Exception {
    assertThat(Machine.sysctl("net.ipv4.tcp_mem")).matches("\\d+\\s+\\d+\\s+\\d+");
    assertThat(SocketMemory.machineMaxBytes()).isGreaterThan(1 << 20);
    assertThat(SocketMemory.ofMachineBytes()).isBetween(0L, SocketMemory.machineMaxBytes() * 2);
  }

  @Test
  void held_ofTextThatIsCutOff_countsNothingOfIt() {
    assertThat(SocketMemory.held("skmem:(r4096,rb1").bytes()).isZero();
    assertThat(SocketMemory.held("")).isEqualTo(new SocketMemory.Held(0, 0));
  }
}

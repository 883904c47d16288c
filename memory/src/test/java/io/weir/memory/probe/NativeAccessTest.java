package io.weir.memory.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A JVM that was not given native access sees less, says so, and warns of nothing. */
@EnabledOnOs(OS.LINUX)
class NativeAccessTest {
  /** What runs in that JVM. */
  static final class Other {
    private Other() {}

    public static void main(String[] args) throws IOException {
      Target self = Target.self();
      Pipe pipe = Pipe.open();
      try (ServerSocketChannel listener =
              ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
          SocketChannel client = SocketChannel.open(listener.getLocalAddress())) {
        Descriptors descriptors = Descriptors.read(self);
        Reading<PipeUse> pipes = Pipes.read(self, descriptors);
        Reading<SocketUse> sockets = Sockets.read(self, descriptors);
        System.out.println(pipes.value() + " " + pipes.unseen() + " " + pipes.remedy());
        System.out.println(sockets.unseen() + " " + sockets.remedy());
        System.out.println("connected " + client.isConnected() + " memory "
            + SocketMemory.ofThisProcess().bytes());
        SocketUse use = sockets.value();
        System.out.println("rows " + (use == null ? -1 : use.rows().size()));
      } finally {
        pipe.sink().close();
        pipe.source().close();
      }
    }
  }

  @Test
  void probes_withoutNativeAccess_saySoWithoutAWarning() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Other.class.getName())
            .redirectErrorStream(true)
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(out).isZero();
    assertThat(out)
        .doesNotContain("WARNING")
        .contains("heldBytes=-1")
        .contains("what pipes hold cannot be seen")
        .contains("what the kernel charges for sockets cannot be seen")
        .contains("--enable-native-access")
        .contains("memory -1")
        .contains("rows 2");
  }
}

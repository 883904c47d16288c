package io.weir.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the kernel holds for TCP sockets, where no cgroup counts it. */
final class SocketMemory {
  private static final int PAGE_BYTES = 4096;

  private SocketMemory() {}

  /**
   * What sockets hold.
   *
   * @param bytes received, being sent, reserved, and in the backlog (ss(8), skmem)
   * @param sockets how many they are
   */
  record Held(long bytes, int sockets) {}

  /**
   * Asks {@code ss} for the sockets of one proxy, in all states, those without an owner too.
   *
   * @param port that it listens on
   * @param originPort that it connects to
   * @return null without ss
   */
  static @Nullable Held ofProxy(int port, int originPort) {
    List<String> command =
        List.of("ss", "-tmnaH", "( sport = :" + port + " or dport = :" + originPort + " )");
    try {
      Process ss = new ProcessBuilder(command).start();
      ss.getOutputStream().close();
      try (var in = ss.getInputStream()) {
        return held(new String(in.readAllBytes(), StandardCharsets.US_ASCII));
      }
    } catch (IOException e) {
      return null;
    }
  }

  /** Sums r, w, f and bl of each skmem:(r0,rb131072,t0,tb2626560,f0,w0,o0,bl0,d0). */
  static Held held(String said) {
    long bytes = 0;
    int sockets = 0;
    String begin = "skmem:(";
    for (int at = said.indexOf(begin); at >= 0; at = said.indexOf(begin, at + 1)) {
      int end = said.indexOf(')', at);
      if (end < 0) {
        break;
      }
      sockets++;
      for (String field : said.substring(at + begin.length(), end).split(",", -1)) {
        bytes += counted(field);
      }
    }
    return new Held(bytes, sockets);
  }

  private static long counted(String field) {
    for (String name : List.of("bl", "r", "w", "f")) {
      String value = field.startsWith(name) ? field.substring(name.length()) : "";
      if (!value.isEmpty() && value.chars().allMatch(Character::isDigit)) {
        // What is reserved ahead is signed in the kernel and for a moment below 0; ss shows 2^32 -
        // n.
        return (int) Long.parseLong(value);
      }
    }
    return 0;
  }

  /** Bytes of all TCP sockets of this network namespace's machine (/proc/net/sockstat), or -1. */
  static long ofMachineBytes() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/net/sockstat"))) {
        int at = line.indexOf(" mem ");
        if (line.startsWith("TCP:") && at >= 0) {
          return Long.parseLong(line.substring(at + 5).strip()) * PAGE_BYTES;
        }
      }
    } catch (IOException | NumberFormatException e) {
      // Said below.
    }
    return -1;
  }

  /** Above this the kernel drops segments, whoever they are for (tcp(7), tcp_mem); or -1. */
  static long machineMaxBytes() {
    try {
      String[] values = Machine.sysctl("net.ipv4.tcp_mem").split("\\s+", -1);
      return Long.parseLong(values[values.length - 1]) * PAGE_BYTES;
    } catch (IOException | NumberFormatException e) {
      return -1;
    }
  }
}

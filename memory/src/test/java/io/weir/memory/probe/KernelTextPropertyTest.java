package io.weir.memory.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever a file says: an answer, or an error of a known type; and never without end. */
class KernelTextPropertyTest {
  /** Pieces of real files, whole, cut and spoilt. */
  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> pieces =
        Arbitraries.of(
            "7f00-8000 rw-p 00000000 00:00 0 ",
            "7f00-8000 rw-p 00000000 fd:01 12 /a b\\012c (deleted)",
            "8000-7f00 rw-p 0 0 0",
            "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]",
            "Rss:",
            " 99999999999999999999 kB",
            " 9007199254740993 kB",
            " 4 kB",
            "Name:\tx",
            "Tgid:\t1",
            "Uid:\t0\t0\t0\t0",
            "VmSize:\t",
            "4711 (a) b) S 1 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 12345 ",
            "0::/a",
            "4:memory:/b",
            "31 23 0:28 / /sys rw - cgroup cgroup rw,memory",
            "   0: 0100007F:0BB9 0200007F:1234 01 00001000:00000020 00:00000000 00000000 0 0 77 1",
            "7 0x1 0x7ffc1000 0x7f0000001234",
            "anon 12",
            "\n",
            " ",
            ":",
            "\u0000",
            "\u00ff",
            "-");
    return Arbitraries.oneOf(pieces, Arbitraries.strings().ofMaxLength(12))
        .list()
        .ofMaxSize(30)
        .map(list -> String.join("", list));
  }

  private interface Parse {
    void parse(ProcText text) throws IOException;
  }

  @Property(tries = 2000)
  void parsers_anyText_answerOrFailTyped(@ForAll("texts") String text) throws IOException {
    List<Parse> parsers =
        List.of(
            t -> {
              MemoryUse use = Smaps.parse(t, new StringBuilder());
              assertThat(use.rssBytes()).isNotNegative();
            },
            StatusFile::parse,
            Cgroup.Paths::parse,
            t -> Mounts.parse(t, "c").forEach(m -> m.has("memory")),
            t -> NetFile.parse(t, "tcp", facts -> facts.toRow(1)),
            t -> NetFile.parse(t, "udp6", facts -> facts.toRow(1)),
            t -> Cgroup.parseStat(t, new String[] {"anon", "an"}, new long[2]),
            t -> {
              while (t.nextLine()) {
                Threads.stackPointer(t);
              }
            });
    for (Parse parser : parsers) {
      try {
        parser.parse(text(text));
      } catch (UnexpectedTextException e) {
        assertThat(e).hasMessageContaining("does not read as expected in line");
      }
    }
    try {
      StatLine.parse(text, Path.of("stat"));
    } catch (UnexpectedTextException e) {
      assertThat(e).hasMessageContaining("proc_pid_stat(5)");
    }
  }

  @Property(tries = 2000)
  void descriptorLinks_anyBytes_areCountedOnce(@ForAll @Size(max = 64) byte[] link) {
    Descriptors descriptors = new Descriptors();
    descriptors.take(1, link, link.length);
    assertThat(descriptors.count().total()).isEqualTo(1);
  }

  @Property(tries = 2000)
  void unescape_anyText_neverFails(@ForAll String text) {
    assertThat(Mounts.unescape(text)).hasSizeLessThanOrEqualTo(text.length());
    assertThat(Mounts.unescape("\\040" + text.replace("\\", "")))
        .isEqualTo(" " + text.replace("\\", ""));
  }

  /** Lines as they are, whatever pieces the bytes come in. */
  @Property(tries = 2000)
  void lines_anyText_areThoseOfTheText(
      @ForAll List<@Size(max = 40) String> lines, @ForAll @IntRange(min = 1, max = 50) int piece)
      throws IOException {
    List<String> plain = lines.stream().map(l -> ProcText.printable(l.replace("\n", "?"))).toList();
    byte[] bytes = (String.join("\n", plain) + "\n").getBytes(StandardCharsets.UTF_8);
    List<String> read = new ArrayList<>();
    try (ProcText text =
        ProcText.of(
            new ByteArrayInputStream(bytes) {
              @Override
              public synchronized int read(byte[] into, int from, int length) {
                return super.read(into, from, Math.min(length, piece));
              }
            },
            "test")) {
      while (text.nextLine()) {
        read.add(text.rest());
      }
    }
    List<String> expected =
        (plain.isEmpty() ? List.of("") : plain)
            .stream()
                .map(l -> new String(l.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
                .toList();
    assertThat(read).isEqualTo(expected);
  }

  @Property(tries = 200)
  void lines_ofAnyLength_areCutAndTheNextIsWhole(
      @ForAll @IntRange(min = 0, max = 100_000) int length) throws IOException {
    ProcText text = text("a".repeat(length) + "\nnext\n");
    assertThat(text.nextLine()).isTrue();
    assertThat(text.rest()).hasSize(Math.min(length, ProcText.LINE_BYTES_MAX));
    assertThat(text.nextLine()).isTrue();
    assertThat(text.rest()).isEqualTo("next");
    assertThat(text.nextLine()).isFalse();
  }

  @Property(tries = 2000)
  void netlink_anyBytes_answerOrFailTyped(
      @ForAll @Size(max = 300) byte[] bytes, @ForAll @IntRange(min = 0, max = 400) int length) {
    ByteBuffer part = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    if (bytes.length >= 8) {
      // a length and a type that get the walker further
      part.putInt(0, length).putShort(4, (short) 20);
    }
    for (String protocol : List.of("tcp", "unix")) {
      part.clear();
      try {
        SocketDiag.take(part, protocol, new SocketFacts(), facts -> facts.toRow(1));
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("sock_diag");
      }
    }
  }

  @Property(tries = 2000)
  void inodes_anyNumbers_areFoundWithTheirLowestDescriptor(
      @ForAll @Size(max = 500) List<@IntRange(min = 1, max = 300) Integer> inodes) {
    InodeTable table = new InodeTable();
    for (int fd = 0; fd < inodes.size(); fd++) {
      table.put(inodes.get(fd) * 1_000_003L, fd);
    }
    assertThat(table.size()).isEqualTo((int) inodes.stream().distinct().count());
    for (int inode = 1; inode <= 300; inode++) {
      assertThat(table.fd(inode * 1_000_003L)).isEqualTo(inodes.indexOf(inode));
    }
    assertThat(table.lowestFds()).hasSize(table.size());
    assertThat(table.fd(0)).isEqualTo(-1);
  }

  private static ProcText text(String text) {
    return ProcText.of(
        new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)), "test");
  }
}

package io.weir.memory.census;

import io.weir.memory.probe.Mapping;
import io.weir.memory.probe.Target;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Recognises allocators other than glibc's: by the libraries mapped, else by words in the program.
 */
final class OtherAllocators {
  /** Of the program's file; more is not looked through. */
  private static final int PROGRAM_MAX_BYTES = 128 << 20;

  /** jemalloc asks for 2 MiB at a time; smaller mappings are other things. */
  private static final long RESERVED_LEAST_BYTES = 1 << 20;

  private static final int BLOCK_BYTES = 1 << 18;

  /** An allocator: what its library's file name contains, what its code contains. */
  private enum Known {
    JEMALLOC("libjemalloc", "<jemalloc>"),
    TCMALLOC("libtcmalloc", "tcmalloc: "),
    MIMALLOC("libmimalloc", "mimalloc: "),
    SNMALLOC("libsnmalloc", ""),
    HOARD("libhoard", ""),
    SCUDO("libscudo", "Scudo ERROR"),
    MUSL("ld-musl-", ""),
    GO("", "\u00ff Go buildinf:");

    private final String library;
    private final String mark;

    Known(String library, String mark) {
      this.library = library;
      this.mark = mark;
    }

    private String word() {
      return this == GO ? "Go runtime" : name().toLowerCase(Locale.ROOT);
    }
  }

  /** A name and the file it is in. */
  record Recognised(String name, String library) {}

  private OtherAllocators() {}

  /** One whose library is mapped, or null. */
  static @Nullable Recognised byLibrary(List<Mapping> mappings) {
    for (Known known : Known.values()) {
      for (Mapping mapping : mappings) {
        String path = mapping.name();
        String file = path.substring(path.lastIndexOf('/') + 1);
        boolean musl = known == Known.MUSL && file.startsWith("libc.musl-");
        if (musl || (!known.library.isEmpty() && file.startsWith(known.library))) {
          return new Recognised(known.word(), path);
        }
      }
    }
    return null;
  }

  /** What the mappings tell where the allocator's own structures could not be read. */
  static List<String> reserved(Window window, List<Mapping> mappings) throws IOException {
    long reserved = 0;
    long resident = 0;
    for (Mapping mapping : mappings) {
      boolean unnamed = mapping.name().isEmpty() && mapping.isAnonymous();
      if (unnamed && mapping.isWritable() && mapping.range().bytes() >= RESERVED_LEAST_BYTES) {
        reserved += mapping.range().bytes();
        resident += window.residentBytes(mapping.range().start(), mapping.range().end());
      }
    }
    return List.of(
        "its own structures are not of a version that is known here",
        "at most "
            + resident / 1_000_000
            + " MB are its: resident in unnamed mappings of "
            + reserved / 1_000_000
            + " MB; heaps of a runtime and stacks look the same");
  }

  /** One that is linked into the program, or null. */
  static @Nullable Recognised byProgram(Target target, List<Mapping> mappings) {
    String path = "the program";
    for (Mapping mapping : mappings) {
      if (mapping.inode() != 0) {
        path = mapping.name();
        break;
      }
    }
    try (FileChannel file = FileChannel.open(target.file("exe"), StandardOpenOption.READ)) {
      Known known = search(file);
      return known == null ? null : new Recognised(known.word(), path);
    } catch (IOException e) {
      return null;
    }
  }

  private static @Nullable Known search(FileChannel file) throws IOException {
    List<Known> marked = new ArrayList<>();
    for (Known known : Known.values()) {
      if (!known.mark.isEmpty()) {
        marked.add(known);
      }
    }
    byte[] block = new byte[BLOCK_BYTES];
    int kept = 0;
    long at = 0;
    int read = file.read(ByteBuffer.wrap(block), at);
    while (read > 0 && at < PROGRAM_MAX_BYTES) {
      int length = kept + read;
      for (Known known : marked) {
        if (contains(block, length, known.mark)) {
          return known;
        }
      }
      at += read;
      kept = Math.min(32, length); // a mark may lie across the border
      System.arraycopy(block, length - kept, block, 0, kept);
      read = file.read(ByteBuffer.wrap(block, kept, block.length - kept), at);
    }
    return null;
  }

  private static boolean contains(byte[] block, int length, String mark) {
    for (int i = 0; i <= length - mark.length(); i++) {
      int k = 0;
      while (k < mark.length() && (block[i + k] & 0xff) == mark.charAt(k)) {
        k++;
      }
      if (k == mark.length()) {
        return true;
      }
    }
    return false;
  }
}

package io.weir.memory.census;

import io.weir.memory.probe.Target;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;

/** Is a process one whose layout is known here? From the head of its program's file, elf(5). */
final class ProgramLayout {
  private static final int ELF_MAGIC = 0x464c457f;
  private static final int HEAD_BYTES = 20;
  private static final int CLASS_AT = 4;
  private static final int DATA_AT = 5;
  private static final int MACHINE_AT = 18;
  private static final int CLASS_64 = 2;
  private static final int DATA_LITTLE = 1;
  private static final int X86_64 = 62;
  private static final int AARCH64 = 183;

  private ProgramLayout() {}

  /**
   * One sentence, or empty where the layout is known.
   *
   * @throws IOException where the file may not be read
   */
  static String unfit(Target target) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel exe = FileChannel.open(target.file("exe"), StandardOpenOption.READ)) {
      exe.read(head, 0);
    }
    return unfit(head);
  }

  static String unfit(ByteBuffer head) {
    if (head.position() < HEAD_BYTES || head.getInt(0) != ELF_MAGIC) {
      return "the program is no ELF file, so the layout of its heap is not known here";
    }
    if (head.get(CLASS_AT) != CLASS_64) {
      return "the program is a 32-bit one; the heaps of 64-bit programs only are known here";
    }
    if (head.get(DATA_AT) != DATA_LITTLE) {
      return "the program is big-endian; the heaps of little-endian programs only are known here";
    }
    int machine = head.getShort(MACHINE_AT);
    if (machine != X86_64 && machine != AARCH64) {
      return "the program is for a machine (ELF number "
          + machine
          + ") other than x86-64 and"
          + " aarch64, and the layout of its heap is not known here";
    }
    return "";
  }
}

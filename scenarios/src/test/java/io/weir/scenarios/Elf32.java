package io.weir.scenarios;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** A program of 32 bits (i386) that copies its input to its output; it needs no compiler. */
final class Elf32 {
  private static final int BASE = 0x08048000;
  private static final int HEADER_BYTES = 52;
  private static final int SEGMENT_BYTES = 32;

  private static final int[] CODE = {
    0x83, 0xEC, 0x04, // sub esp, 4: a place for one byte
    0xB8, 3, 0, 0, 0, // mov eax, read
    0x31, 0xDB, // xor ebx, ebx
    0x89, 0xE1, // mov ecx, esp
    0xBA, 1, 0, 0, 0, // mov edx, 1
    0xCD, 0x80, // int 0x80
    0x85, 0xC0, // test eax, eax
    0x7E, 0x0E, // jle exit
    0xB8, 4, 0, 0, 0, // mov eax, write
    0xBB, 1, 0, 0, 0, // mov ebx, 1
    0xCD, 0x80, // int 0x80; ecx and edx are still the byte
    0xEB, 0xDE, // jmp to read
    0xB8, 1, 0, 0, 0, // exit: mov eax, exit
    0x31, 0xDB, // xor ebx, ebx
    0xCD, 0x80, // int 0x80
  };

  private Elf32() {}

  /** Writes it, executable: elf(5). */
  static Path write(Path file) throws IOException {
    int start = HEADER_BYTES + SEGMENT_BYTES;
    int size = start + CODE.length;
    ByteBuffer elf = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    elf.put(new byte[] {0x7F, 'E', 'L', 'F', 1, 1, 1}).position(16);
    elf.putShort((short) 2).putShort((short) 3).putInt(1); // executable, i386, version
    elf.putInt(BASE + start).putInt(HEADER_BYTES).putInt(0).putInt(0);
    elf.putShort((short) HEADER_BYTES).putShort((short) SEGMENT_BYTES).putShort((short) 1);
    elf.position(HEADER_BYTES);
    elf.putInt(1).putInt(0).putInt(BASE).putInt(BASE).putInt(size).putInt(size);
    elf.putInt(5).putInt(0x1000); // readable and executable, aligned
    for (int b : CODE) {
      elf.put((byte) b);
    }
    Files.write(file, elf.array());
    if (!file.toFile().setExecutable(true)) {
      throw new IOException("cannot make " + file + " executable");
    }
    return file;
  }
}

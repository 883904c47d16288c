package io.weir.relay.translation;

import io.netty.buffer.ByteBuf;
import io.weir.relay.endpoint.ChannelEndpoint;
import java.util.ArrayDeque;

/**
 * Bytes that have arrived and were not consumed, in blocks: a peer that sends them one by one must
 * not cost an object for each. Thread: the loop.
 */
final class ByteQueue {
  /** The least stream window fits into two of the least blocks. */
  static final int BLOCK_BYTES_MIN = 2560;

  static final int BLOCK_BYTES_MAX = 16 * 1024;

  private final ArrayDeque<ByteBuf> blocks = new ArrayDeque<>();
  private int bytes;
  private int heldBytes;

  int bytes() {
    return bytes;
  }

  /** What its blocks take. */
  int heldBytes() {
    return heldBytes;
  }

  /**
   * Copies {@code data}.
   *
   * @param windowBytes what may be held at most: blocks are small against that
   */
  void add(ByteBuf data, int windowBytes) {
    int left = data.readableBytes();
    int from = data.readerIndex();
    bytes += left;
    while (left > 0) {
      ByteBuf last = blocks.peekLast();
      if (last == null || !last.isWritable()) {
        int size = Math.clamp(windowBytes / 2, BLOCK_BYTES_MIN, BLOCK_BYTES_MAX);
        last = ChannelEndpoint.ALLOCATOR.directBuffer(size, size);
        heldBytes += size;
        blocks.add(last);
      }
      int piece = Math.min(left, last.writableBytes());
      last.writeBytes(data, from, piece);
      from += piece;
      left -= piece;
    }
  }

  /** Copies the first bytes, {@code lengthMax} at most, without consuming them. */
  int copy(byte[] to, int at, int lengthMax) {
    int copied = 0;
    for (ByteBuf block : blocks) {
      int piece = Math.min(lengthMax - copied, block.readableBytes());
      block.getBytes(block.readerIndex(), to, at + copied, piece);
      copied += piece;
      if (copied == lengthMax) {
        break;
      }
    }
    return copied;
  }

  void skip(int length) {
    bytes -= length;
    int left = length;
    while (left > 0) {
      ByteBuf first = blocks.element();
      int piece = Math.min(left, first.readableBytes());
      first.skipBytes(piece);
      left -= piece;
      if (!first.isReadable() && !first.isWritable()) {
        drop(blocks.remove());
      }
    }
    if (bytes == 0) {
      release();
    }
  }

  private void drop(ByteBuf block) {
    heldBytes -= block.capacity();
    block.release();
  }

  void release() {
    while (!blocks.isEmpty()) {
      drop(blocks.remove());
    }
    bytes = 0;
  }
}

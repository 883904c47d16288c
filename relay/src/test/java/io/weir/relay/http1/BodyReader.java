package io.weir.relay.http1;

import static io.weir.relay.http1.Vectors.text;

/** Drives a scanner as the relay does: over bytes that come into sight bit by bit. */
final class BodyReader {
  private BodyReader() {}

  enum Mode {
    /** What can pass passes; extensions and the end are taken by the other calls. */
    PASS,
    /** Every chunk is taken by toData. */
    DATA,
    /** As PASS, with data moved unlooked at where a chunk has some left. */
    MIXED
  }

  /** Verdict OK, MORE or a reason; what went on by pass; the data; the bytes of the body. */
  record Result(String verdict, String detail, String passed, String data, int bytes) {}

  static Result read(byte[] b, int from, int to, int step, Mode mode) {
    return new Run(b, from, to, step, mode).read();
  }

  private static final class Run {
    private final ChunkScanner scanner = new ChunkScanner();
    private final StringBuilder passed = new StringBuilder();
    private final StringBuilder data = new StringBuilder();
    private final byte[] b;
    private final int from;
    private final int to;
    private final int step;
    private final Mode mode;
    private int p;

    Run(byte[] b, int from, int to, int step, Mode mode) {
      this.b = b;
      this.from = from;
      this.to = to;
      this.step = step;
      this.mode = mode;
      this.p = from;
    }

    Result read() {
      for (int seen = Math.min(to, from + step); ; seen = Math.min(to, seen + step)) {
        advance(seen);
        if (scanner.faulted()) {
          return result(scanner.fault().name());
        }
        if (scanner.done()) {
          return result("OK");
        }
        if (seen == to) {
          return result("MORE");
        }
      }
    }

    private Result result(String verdict) {
      String seen = mode == Mode.DATA ? data.toString() : decode(passed.toString());
      return new Result(verdict, scanner.faultDetail(), passed.toString(), seen, p - from);
    }

    private void advance(int seen) {
      int before;
      do {
        before = p;
        if (mode == Mode.DATA) {
          data(seen);
        } else {
          pass(seen);
        }
        if (scanner.lastChunkAhead() && !scanner.faulted()) {
          int length = scanner.parseEnd(b, p, seen);
          p += Math.max(0, length);
        }
      } while (p > before && !scanner.done() && !scanner.faulted());
    }

    private void pass(int seen) {
      if (mode == Mode.MIXED && scanner.dataLeft() > 0) {
        int n = (int) Math.min(scanner.dataLeft(), seen - p);
        scanner.dataTaken(n);
        passed.append(text(b, p, p + n));
        p += n;
      }
      int end = scanner.pass(b, p, seen);
      passed.append(text(b, p, end));
      p = end;
      if (scanner.extensionAhead()) {
        p = scanner.toData(b, p, seen);
        if (scanner.dataLeft() > 0) {
          byte[] line = new byte[ChunkScanner.SIZE_LINE_BYTES_MAX];
          int at = ChunkScanner.writeSizeLineBefore(line, line.length, scanner.dataLeft());
          passed.append(text(line, at, line.length));
        }
      }
    }

    private void data(int seen) {
      p = scanner.toData(b, p, seen);
      int n = (int) Math.min(scanner.dataLeft(), seen - p);
      if (n > 0) {
        scanner.dataTaken(n);
        data.append(text(b, p, p + n));
        p += n;
      }
    }
  }

  /** The data of a chunked body that is well formed as far as it goes. */
  static String decode(String body) {
    StringBuilder data = new StringBuilder();
    int p = 0;
    while (p < body.length()) {
      int line = body.indexOf("\r\n", p);
      long size = Long.parseLong(body.substring(p, line), 16);
      p = line + 2;
      int end = p + (int) Math.min(body.length() - p, size);
      data.append(body, p, end);
      p = end + 2;
    }
    return data.toString();
  }
}

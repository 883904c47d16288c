package io.weir.relay.http1;

import static io.weir.relay.http1.Vectors.bytes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Seeds and mutations. The number of tries is the system property {@code weir.fuzz.tries}; a try's
 * number is its seed, so that a failure is repeated by its message alone.
 */
final class Fuzz {
  static final int TRIES = Integer.getInteger("weir.fuzz.tries", 20_000);

  /** Pieces that change framing where they land. */
  private static final String[] PIECES = {
    "\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    ":",
    ",",
    ";",
    "\0",
    "\u007f",
    "\u0080",
    "\"",
    "\\",
    "0",
    "1",
    "5",
    "a",
    "+",
    "-",
    "0x",
    "_",
    "\r\n\r\n",
    "\r\n ",
    " :",
    "HTTP/1.0",
    "HTTP/1.1",
    "HTTP/2.0",
    "Content-Length: 5\r\n",
    "Content-Length: 0\r\n",
    "Content-Length: 5, 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip\r\n",
    "transfer-encoding : chunked\r\n",
    "Host: b\r\n",
    "Connection: close\r\n",
    "Connection: X, Host\r\n",
    "Upgrade: y\r\n",
    "Expect: 100-continue\r\n",
    "1\r\nx\r\n",
    "0\r\n\r\n",
    "1;a=\"b\"\r\nx\r\n",
    "0\r\nT: u\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/1.1 200 OK\r\n",
    "http://h",
    "*",
    "#",
    "//"
  };

  private Fuzz() {}

  static List<byte[]> requestSeeds() {
    List<byte[]> seeds = new ArrayList<>();
    addWeighted(seeds, Vectors.read("request-heads.txt"), "");
    String post = "POST /x HTTP/1.1\r\nHost: a\r\n";
    String next = "GET /y HTTP/1.1\r\nHost: b\r\n\r\n";
    seeds.add(bytes(post + "Content-Length: 5\r\n\r\nabcde" + next + next));
    String chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
    addWeighted(seeds, Vectors.read("chunked-bodies.txt"), chunked);
    return seeds;
  }

  static List<byte[]> chunkedSeeds() {
    List<byte[]> seeds = new ArrayList<>();
    addWeighted(seeds, Vectors.read("chunked-bodies.txt"), "");
    return seeds;
  }

  /** What is valid counts six times: a mutant must often be accepted to say anything. */
  private static void addWeighted(List<byte[]> seeds, List<Vectors.Vector> vectors, String before) {
    for (Vectors.Vector vector : vectors) {
      byte[] seed = bytes(before + Vectors.text(vector.bytes(), 0, vector.bytes().length));
      int weight = vector.word().equals("OK") ? 6 : 1;
      seeds.addAll(Collections.nCopies(weight, seed));
    }
  }

  static List<byte[]> responseSeeds() {
    List<byte[]> seeds = new ArrayList<>();
    addWeighted(seeds, Vectors.read("response-heads.txt"), "");
    String next = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
    seeds.add(bytes("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nA: b\r\n\r\nabc" + next));
    String chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    seeds.add(bytes(chunked + "1\r\nx\r\n0\r\n\r\n" + next));
    seeds.add(bytes("HTTP/1.1 100 Continue\r\n\r\n" + next + next));
    return seeds;
  }

  /** One seed with up to five mutations, few more often than many. */
  static byte[] mutant(List<byte[]> seeds, SplittableRandom random) {
    byte[] b = seeds.get(random.nextInt(seeds.size()));
    for (int i = random.nextInt(random.nextInt(6) + 1); i > 0; i--) {
      b = mutate(b, seeds, random);
    }
    return b;
  }

  private static byte[] mutate(byte[] b, List<byte[]> seeds, SplittableRandom random) {
    int at = random.nextInt(b.length + 1);
    int until = Math.min(b.length, at + random.nextInt(8));
    return switch (random.nextInt(6)) {
      case 0 -> joined(b, at, bytes(PIECES[random.nextInt(PIECES.length)]), at);
      case 1 -> joined(b, at, bytes(PIECES[random.nextInt(PIECES.length)]), until);
      case 2 -> joined(b, at, new byte[0], until);
      case 3 -> joined(b, at, new byte[] {(byte) random.nextInt(256)}, Math.min(b.length, at + 1));
      case 4 -> joined(b, at, Arrays.copyOfRange(b, at, until), at);
      default -> {
        byte[] other = seeds.get(random.nextInt(seeds.size()));
        int from = random.nextInt(other.length + 1);
        yield joined(b, at, Arrays.copyOfRange(other, from, other.length), b.length);
      }
    };
  }

  private static byte[] joined(byte[] b, int to, byte[] middle, int from) {
    byte[] out = new byte[to + middle.length + b.length - from];
    System.arraycopy(b, 0, out, 0, to);
    System.arraycopy(middle, 0, out, to, middle.length);
    System.arraycopy(b, from, out, to + middle.length, b.length - from);
    return out;
  }
}

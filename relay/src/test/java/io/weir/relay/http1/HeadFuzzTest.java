package io.weir.relay.http1;

import static io.weir.relay.http1.Vectors.bytes;
import static io.weir.relay.http1.Vectors.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.weir.relay.http.Reason;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Mutated messages against Netty's decoder. Of what is accepted here, Netty must read the same
 * messages with the same bodies; of what is written here, exactly the message that was meant.
 *
 * <p>Netty refuses some of what is accepted here, which splits no message; {@link #nettyIsStricter}
 * lists it. The other direction is not a difference: strictness is the point.
 */
class HeadFuzzTest {
  private static final byte[] PEER = bytes("2001:db8::7");
  private static final HeadLimits LIMITS = HeadLimits.DEFAULT;
  private static final UpstreamPolicy POLICY =
      new UpstreamPolicy(bytes("origin"), bytes("/base"), null, true, true, true, true);

  private final RequestHead request = new RequestHead(LIMITS);
  private final ResponseHead response = new ResponseHead(LIMITS);
  private final byte[] out = new byte[1 << 17];
  private int taken;

  /** Method, target, version and body, as the oracle writes them. */
  private record Read(String start, String body) {}

  @Test
  void request_mutated_isReadAsTheOracleReadsIt() {
    List<byte[]> seeds = Fuzz.requestSeeds();
    for (int seed = 0; seed < Fuzz.TRIES; seed++) {
      byte[] b = Fuzz.mutant(seeds, new SplittableRandom(seed));
      List<Read> own = ownRequests(b);
      taken += own.size();
      if (own.isEmpty()) {
        continue;
      }
      List<Oracle.Message> oracle = Oracle.requests(b, 0, b.length);
      for (int i = 0; i < own.size(); i++) {
        if (i == oracle.size() && nettyIsStricter(b)) {
          break;
        }
        String as = "seed " + seed + ", message " + i + " of " + text(b, 0, b.length);
        assertThat(oracle).as(as).hasSizeGreaterThan(i);
        assertThat(oracle.get(i).start()).as(as).isEqualTo(own.get(i).start());
        assertThat(oracle.get(i).body()).as(as).isEqualTo(own.get(i).body());
      }
    }
    assertThat(taken).as("mutants that were accepted").isGreaterThan(Fuzz.TRIES / 10);
  }

  /** A chunk extension by its grammar (RFC 9112, 7.1.1), without obs-text. */
  private static final Pattern EXTENSIONS =
      Pattern.compile(
          "[0-9a-fA-F]+(?:[ \\t]*;[ \\t]*T(?:[ \\t]*=[ \\t]*(?:T|Q))?)*"
              .replace("T", "[-!#$%&'*+.^_`|~0-9a-zA-Z]+")
              .replace("Q", "\"(?:[\\t !#-\\[\\]-~]|\\\\[\\t -~])*\""));

  private static final Pattern HIGHER_VERSION = Pattern.compile(" HTTP/1\\.[2-9]\r\n");

  private static final Pattern EXTENDED = Pattern.compile("(?m)^[0-9a-fA-F]+;[^\r\n]*");

  /**
   * What Netty may refuse though it is accepted here. None of it goes on as it came: extensions are
   * dropped, and what is written is always HTTP/1.1.
   *
   * <ul>
   *   <li>a chunk extension that breaks its grammar, but is one line without control characters
   *   <li>Transfer-Encoding under a minor version above 1, which RFC 9110, 2.5 reads as 1.1
   * </ul>
   */
  private static boolean nettyIsStricter(byte[] b) {
    String text = text(b, 0, b.length);
    return HIGHER_VERSION.matcher(text).find()
        || EXTENDED
            .matcher(text)
            .results()
            .anyMatch(line -> !EXTENSIONS.matcher(line.group()).matches());
  }

  private List<Read> ownRequests(byte[] b) {
    List<Read> messages = new ArrayList<>();
    int p = 0;
    while (p < b.length) {
      int length = request.parse(b, p, b.length);
      if (length <= 0) {
        break;
      }
      String start = request.methodName() + " " + request.target() + " " + version(b, p, length);
      p += length;
      if (request.chunked()) {
        BodyReader.Result body = BodyReader.read(b, p, b.length, b.length, BodyReader.Mode.DATA);
        if (!body.verdict().equals("OK")) {
          break;
        }
        messages.add(new Read(start, body.data()));
        p += body.bytes();
      } else {
        long bodyBytes = Math.max(0, request.contentLength());
        if (bodyBytes > b.length - p) {
          break;
        }
        messages.add(new Read(start, text(b, p, p + (int) bodyBytes)));
        p += (int) bodyBytes;
      }
    }
    return messages;
  }

  /** As it stands in the request line, since the head itself reads 1.7 as 1.1. */
  private static String version(byte[] b, int from, int length) {
    String head = text(b, from, from + length);
    int end = head.indexOf("\r\n", head.indexOf(" HTTP/1."));
    return head.substring(end - 8, end);
  }

  @Test
  void request_rewritten_isReadByTheOracleAsMeant() {
    List<byte[]> seeds = Fuzz.requestSeeds();
    RequestWriter writer = new RequestWriter(POLICY);
    for (int seed = 0; seed < Fuzz.TRIES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] b = Fuzz.mutant(seeds, random);
      if (request.parse(b, 0, b.length) <= 0 || request.method() == Method.CONNECT) {
        continue;
      }
      byte[] tight = new byte[writer.bytesMax(request, PEER)];
      int end = writer.write(request, PEER, random.nextBoolean(), tight, 0);
      String as = "seed " + seed + ": " + text(b, 0, b.length) + "\n-> " + text(tight, 0, end);
      assertThat(end).as(as).isPositive();
      Oracle.Message read = onlyMessage(tight, end, true, as);
      String path = request.asteriskForm() ? "*" : "/base" + originForm(request);
      assertThat(read.start()).as(as).isEqualTo(request.methodName() + " " + path + " HTTP/1.1");
      assertThat(read.headers().getAll("Host")).as(as).hasSize(1);
      assertThat(read.headers().getAll("X-Forwarded-For")).as(as).hasSize(1);
      assertThat(read.headers().getAll("Forwarded")).as(as).hasSize(1);
      framingIs(read, request.contentLength(), request.chunked(), as);
      assertThat(read.headers().contains("Keep-Alive")).as(as).isFalse();
      assertThat(read.headers().getAll("Connection"))
          .as(as)
          .isSubsetOf("TE", "Upgrade", "Upgrade, TE");
    }
  }

  private static String originForm(RequestHead head) {
    String target = head.target();
    int authority = target.startsWith("/") ? -1 : target.indexOf("://") + 3;
    if (authority < 0) {
      return target;
    }
    int p = authority;
    while (p < target.length() && target.charAt(p) != '/' && target.charAt(p) != '?') {
      p++;
    }
    String rest = target.substring(p);
    return rest.startsWith("/") ? rest : "/" + rest;
  }

  private static void framingIs(Oracle.Message read, long length, boolean chunked, String as) {
    List<String> lengths = length < 0 ? List.of() : List.of("" + length);
    assertThat(read.headers().getAll("Content-Length")).as(as).isEqualTo(lengths);
    List<String> codings = chunked ? List.of("chunked") : List.of();
    assertThat(read.headers().getAll("Transfer-Encoding")).as(as).isEqualTo(codings);
  }

  /** Reads the head with a body that fits it and nothing behind. */
  private Oracle.Message onlyMessage(byte[] b, int end, boolean isRequest, String as) {
    String head = text(b, 0, end);
    String body = "";
    Matcher length = Pattern.compile("\r\nContent-Length: (\\d+)\r\n").matcher(head);
    if (head.contains("\r\nTransfer-Encoding: chunked\r\n")) {
      body = "0\r\n\r\n";
    } else if (length.find()) {
      body = length.group(1).length() > 4 ? "" : "x".repeat(Integer.parseInt(length.group(1)));
      if (body.isEmpty()) {
        head = length.replaceFirst("\r\nContent-Length: 0\r\n");
      }
    }
    byte[] message = bytes(head + body);
    List<Oracle.Message> messages =
        isRequest
            ? Oracle.requests(message, 0, message.length)
            : Oracle.responses(message, 0, message.length);
    assertThat(messages).as(as).hasSize(1);
    Oracle.Message read = messages.get(0);
    if (length.reset().find()) {
      read.headers().set("Content-Length", length.group(1));
    }
    return read;
  }

  @Test
  void response_rewritten_isReadByTheOracleAsMeant() {
    List<byte[]> seeds = Fuzz.responseSeeds();
    ResponseWriter writer = new ResponseWriter(true);
    int written = 0;
    for (int seed = 0; seed < Fuzz.TRIES; seed++) {
      byte[] b = Fuzz.mutant(seeds, new SplittableRandom(seed));
      if (response.parse(b, 0, b.length) <= 0) {
        continue;
      }
      ResponseHead.Body body = response.body(Method.GET, false);
      if (response.faulted() || body == ResponseHead.Body.UNTIL_CLOSE || response.interim()) {
        continue;
      }
      byte[] tight = new byte[writer.bytesMax(response)];
      int end = writer.write(response, body, Method.GET, true, 1, false, tight, 0);
      String as = "seed " + seed + ": " + text(b, 0, b.length) + "\n-> " + text(tight, 0, end);
      assertThat(end).as(as).isPositive();
      if (response.status() == 304 || response.status() == 204) {
        continue;
      }
      Oracle.Message read = onlyMessage(tight, end, false, as);
      assertThat(read.start()).as(as).isEqualTo(response.status() + " HTTP/1.1");
      framingIs(read, response.contentLength(), response.chunked(), as);
      written++;
    }
    assertThat(written).as("mutants that were written").isGreaterThan(Fuzz.TRIES / 20);
  }

  @Test
  void head_mutated_isReadWithinItsBoundsOnly() {
    List<byte[]> seeds = new ArrayList<>(Fuzz.requestSeeds());
    seeds.addAll(Fuzz.responseSeeds());
    for (int seed = 0; seed < Fuzz.TRIES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] b = Fuzz.mutant(seeds, random);
      b = Arrays.copyOf(b, random.nextInt(b.length + 1));
      Head head = random.nextBoolean() ? request : response;
      String alone = outcome(head, b, 0, b.length);
      byte[] around = surrounded(b, "\r\n\r\n", "\r\n\r\n");
      assertThat(outcome(head, around, 4, 4 + b.length)).as("seed %d", seed).isEqualTo(alone);
      around = surrounded(b, "G", "x: y\r\nContent-Length: 7\r\n\r\n");
      assertThat(outcome(head, around, 1, 1 + b.length)).as("seed %d", seed).isEqualTo(alone);
    }
  }

  private static byte[] surrounded(byte[] b, String before, String behind) {
    return bytes(before + text(b, 0, b.length) + behind);
  }

  private static String outcome(Head head, byte[] b, int from, int to) {
    int result = head.parse(b, from, to);
    if (result == Head.INVALID) {
      return head.fault() + " " + head.faultDetail();
    }
    String known = result + " " + head.fieldCount() + " " + head.contentLength();
    return result > 0 ? known + head.chunked() + head.keepAlive() : known;
  }

  @Test
  void head_cutOff_neverFaultsDifferentlyFromTheWhole() {
    List<byte[]> seeds = new ArrayList<>(Fuzz.requestSeeds());
    seeds.addAll(Fuzz.responseSeeds());
    for (int seed = 0; seed < Fuzz.TRIES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] b = Fuzz.mutant(seeds, random);
      Head head = random.nextBoolean() ? request : response;
      int cut = random.nextInt(b.length + 1);
      int part = head.parse(b, 0, cut);
      String partDetail = head.faultDetail();
      int whole = head.parse(b, 0, b.length);
      if (part != Head.NEED_MORE) {
        assertThat(part).as("seed %d cut at %d", seed, cut).isEqualTo(whole);
        assertThat(partDetail).as("seed %d cut at %d", seed, cut).isEqualTo(head.faultDetail());
      }
      assertThat(whole > 0 && cut < whole ? part : Head.NEED_MORE)
          .as("seed %d: a prefix of an accepted head", seed)
          .isEqualTo(Head.NEED_MORE);
    }
  }

  @Test
  void everything_perMessage_allocatesNothing() {
    byte[] ask =
        bytes(
            "POST http://h/x?y HTTP/1.1\r\n"
                + "Host: a\r\n"
                + "Connection: x, upgrade\r\n"
                + "X: y\r\n"
                + "Accept: a/b, application/json\r\n"
                + "TE: trailers\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n");
    byte[] answer = bytes("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: z\r\nZ: y\r\n\r\n");
    byte[] body = bytes("1\r\nx\r\n1;e=f\r\ny\r\n0\r\nT: u\r\n\r\n");
    Loop loop = new Loop(ask, answer, body);
    for (int i = 0; i < 2_000; i++) {
      loop.run();
    }
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 2_000; i++) {
      loop.run();
    }
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(2_000);
  }

  private final class Loop {
    private final RequestWriter requestWriter = new RequestWriter(POLICY);
    private final ResponseWriter responseWriter = new ResponseWriter(true);
    private final ChunkScanner scanner = new ChunkScanner(new TrailerSection());
    private final byte[] ask;
    private final byte[] answer;
    private final byte[] body;

    Loop(byte[] ask, byte[] answer, byte[] body) {
      this.ask = ask;
      this.answer = answer;
      this.body = body;
    }

    void run() {
      check(request.parse(ask, 0, ask.length));
      check(request.acceptsJson() && !request.pathEscapes() ? 1 : 0);
      check(requestWriter.write(request, PEER, true, out, 0));
      check(response.parse(answer, 0, answer.length));
      ResponseHead.Body framed = response.body(Method.GET, false);
      check(responseWriter.write(response, framed, Method.GET, true, 1, false, out, 0));
      scanner.reset();
      int p = scanner.pass(body, 0, body.length);
      p = scanner.toData(body, p, body.length);
      scanner.dataTaken(1);
      p = scanner.pass(body, p + 1, body.length);
      check(scanner.parseEnd(body, p, body.length));
      check(scanner.writeEnd(out, 0));
      check(LocalAnswer.write(Reason.BAD_HOST, "d", true, false, true, 0, out, 0));
    }

    private static void check(int result) {
      if (result <= 0) {
        throw new AssertionError("a step of the loop failed");
      }
    }
  }
}

package io.weir.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.weir.load.Answer.Then;
import org.jspecify.annotations.Nullable;

/** What the origin answers to a request head: the table of paths in {@link Origin}'s Javadoc. */
final class Routes {
  private static final String BYTES = "application/octet-stream";
  private static final String TEXT = "text/plain; charset=us-ascii";
  private static final long DISK_IMAGE_BYTES = 1L << 40;
  private static final long CHUNK_BYTES = 16 * 1024;
  private static final byte[] HELLO = "hello\n".getBytes(ISO_8859_1);
  private static final byte[] HELLO_HEAD =
      ("HTTP/1.1 200 OK\r\nContent-Type: " + TEXT + "\r\nContent-Length: 6\r\n\r\n")
          .getBytes(ISO_8859_1);

  /** The answer to the request that every benchmark of small messages makes, made once. */
  private static final Answer HELLO_ANSWER =
      new Answer(HELLO_HEAD, new Answer.Text(HELLO), Then.KEEP, 0);

  private final SeededBytes sequence;

  Routes(SeededBytes sequence) {
    this.sequence = sequence;
  }

  /** Returns the path and query of a target in origin-form or absolute-form (RFC 9112, 3.2). */
  static String path(Head request) {
    String target = request.word(1);
    int scheme = target.startsWith("/") ? -1 : target.indexOf("://");
    if (scheme < 0) {
      return target;
    }
    int slash = target.indexOf('/', scheme + 3);
    return slash < 0 ? "/" : target.substring(slash);
  }

  /** Says whether the connection ends with this request's answer (RFC 9112, 9.3). */
  static boolean isLast(Head request) {
    if (request.word(2).equals("HTTP/1.0")) {
      return !request.has("Connection", "keep-alive");
    }
    return request.has("Connection", "close");
  }

  static boolean isHead(Head request) {
    return request.word(0).equals("HEAD");
  }

  /** Says whether what the request's body holds is the answer: any POST or PUT, mostly. */
  static boolean isUpload(Head request, String path) {
    boolean carries = request.word(0).equals("POST") || request.word(0).equals("PUT");
    return carries
        && !path.startsWith("/status/")
        && !path.startsWith("/slow/")
        && !path.startsWith("/redirect");
  }

  /**
   * Answers a request that has no body or one that does not matter.
   *
   * @throws BadMessageException if the path's numbers make no sense; its text says what would
   */
  Answer answer(Head request) throws BadMessageException {
    String path = path(request);
    boolean last = isLast(request);
    if (path.equals("/hello") && !last && !isHead(request)) {
      return HELLO_ANSWER;
    }
    try {
      Answer answer = route(request, path, last ? Then.CLOSE : Then.KEEP);
      if (!isHead(request)) {
        return answer;
      }
      Then then = answer.then() == Then.RESET ? Then.CLOSE : answer.then();
      return new Answer(answer.head(), Answer.NONE, then, answer.delayMillis());
    } catch (IllegalArgumentException e) {
      throw new BadMessageException(path + ": " + e.getMessage());
    }
  }

  private Answer route(Head request, String target, Then then) {
    int question = target.indexOf('?');
    String path = question < 0 ? target : target.substring(0, question);
    String query = question < 0 ? "" : target.substring(question + 1);
    int slash = path.indexOf('/', 1);
    String argument = slash < 0 ? "" : path.substring(slash + 1);
    return switch (slash < 0 ? path : path.substring(0, slash)) {
      case "/bytes" -> file(request, Quantity.bytes(argument), then);
      case "/disk.img" -> file(request, DISK_IMAGE_BYTES, then);
      case "/chunked" -> chunked(request, argument, query, then);
      case "/close" -> untilClose(Quantity.bytes(argument));
      case "/abort" -> abort(argument, query);
      case "/slow" -> delayed(hello(then), Quantity.millis(argument.concat("ms")));
      case "/status" -> status(argument, then);
      case "/redirect" -> redirect(query, then);
      case "/", "/hello", "/echo" -> hello(then);
      default -> text("404 Not Found", "no such path, see the origin's description\n", then, "");
    };
  }

  private static Answer hello(Then then) {
    return text("200 OK", "hello\n", then, "");
  }

  private static Answer delayed(Answer answer, long millis) {
    return new Answer(answer.head(), answer.body(), answer.then(), millis);
  }

  /** Answers with a file, or with a range of it (RFC 9110, 14). */
  private Answer file(Head request, long size, Then then) {
    String tag = "\"" + Long.toHexString(sequence.seed()) + "-" + Long.toHexString(size) + "\"";
    String fields = "Accept-Ranges: bytes\r\nETag: " + tag + "\r\n";
    ByteRange range = ByteRange.NONE;
    String ifRange = request.field("If-Range");
    String asked = request.field("Range");
    if (asked != null && (ifRange == null || ifRange.equals(tag))) {
      range = ByteRange.parse(asked, size);
    }
    if (range.equals(ByteRange.UNSATISFIABLE)) {
      String contentRange = "Content-Range: bytes */" + size + "\r\n";
      return text("416 Range Not Satisfiable", "range not satisfiable\n", then, contentRange);
    }
    if (range.equals(ByteRange.NONE)) {
      byte[] head = head("200 OK", BYTES, size, fields, then);
      return new Answer(head, new Answer.Seeded(0, size), then, 0);
    }
    fields += "Content-Range: bytes " + range.first() + "-" + range.last() + "/" + size + "\r\n";
    byte[] head = head("206 Partial Content", BYTES, range.length(), fields, then);
    return new Answer(head, new Answer.Seeded(range.first(), range.length()), then, 0);
  }

  private static Answer chunked(Head request, String argument, String query, Then then) {
    long size = Quantity.bytes(argument);
    if (request.word(2).equals("HTTP/1.0")) {
      return untilClose(size); // 1.0 knows no chunks (RFC 9112, 6.1)
    }
    String asked = parameter(query, "chunk");
    long chunk = asked == null ? CHUNK_BYTES : Quantity.bytes(asked);
    if (chunk == 0) {
      throw new IllegalArgumentException("chunk=0, a chunk has at least 1 byte");
    }
    byte[] head = head("200 OK", BYTES, -1, "Transfer-Encoding: chunked\r\n", then);
    return new Answer(head, Answer.Chunked.of(size, chunk), then, 0);
  }

  private static Answer untilClose(long size) {
    byte[] head = head("200 OK", BYTES, -1, "", Then.CLOSE);
    return new Answer(head, new Answer.Seeded(0, size), Then.CLOSE, 0);
  }

  private static Answer abort(String argument, String query) {
    int slash = argument.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("an abort is /abort/BYTES_SAID/BYTES_SENT");
    }
    long said = Quantity.bytes(argument.substring(0, slash));
    long sent = Quantity.bytes(argument.substring(slash + 1));
    byte[] head = head("200 OK", BYTES, said, "", Then.KEEP);
    Then then = parameter(query, "fin") == null ? Then.RESET : Then.CLOSE;
    return new Answer(head, new Answer.Seeded(0, Math.min(said, sent)), then, 0);
  }

  private static Answer status(String argument, Then then) {
    long code = Quantity.count(argument);
    if (code < 200 || code > 599) {
      throw new IllegalArgumentException("a final status is 200 to 599");
    }
    if (code == 204 || code == 304) {
      byte[] head = head(code + " Status", TEXT, -1, "", then);
      return new Answer(head, Answer.NONE, then, 0);
    }
    return text(code + " Status", "status " + code + "\n", then, "");
  }

  private static Answer redirect(String query, Then then) {
    String to = parameter(query, "to");
    String location = "Location: " + (to == null ? "/hello" : to) + "\r\n";
    return text("302 Found", "", then, location);
  }

  /** Answers with a short text. */
  static Answer text(String status, String text, Then then, String fields) {
    byte[] body = text.getBytes(ISO_8859_1);
    return new Answer(
        head(status, TEXT, body.length, fields, then), new Answer.Text(body), then, 0);
  }

  /** Makes a head; {@code length} -1 says none. */
  static byte[] head(String status, String type, long length, String fields, Then then) {
    StringBuilder head = new StringBuilder(256);
    head.append("HTTP/1.1 ").append(status).append("\r\nContent-Type: ").append(type);
    head.append("\r\n").append(fields);
    if (length >= 0) {
      head.append("Content-Length: ").append(length).append("\r\n");
    }
    if (then == Then.CLOSE) {
      head.append("Connection: close\r\n");
    }
    return head.append("\r\n").toString().getBytes(ISO_8859_1);
  }

  /** Returns a query parameter's value, empty if it has none, or null if it is not there. */
  static @Nullable String parameter(String query, String name) {
    for (String part : query.split("&", -1)) {
      if (part.equals(name)) {
        return "";
      }
      if (part.startsWith(name) && part.length() > name.length()) {
        if (part.charAt(name.length()) == '=') {
          return part.substring(name.length() + 1);
        }
      }
    }
    return null;
  }
}

package io.weir.relay.http1;

import static io.weir.relay.http1.Vectors.bytes;
import static io.weir.relay.http1.Vectors.text;
import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WritersTest {
  private static final byte[] PEER = bytes("10.0.0.1");
  private final RequestHead request = new RequestHead(HeadLimits.DEFAULT);
  private final ResponseHead response = new ResponseHead(HeadLimits.DEFAULT);
  private final byte[] out = new byte[70_000];

  private static UpstreamPolicy policy(
      String base, @Nullable String fixed, boolean preserveHost, String adds) {
    return new UpstreamPolicy(
        bytes("origin:80"),
        bytes(base),
        fixed == null ? null : bytes(fixed),
        preserveHost,
        adds.contains("x"),
        adds.contains("f"),
        adds.contains("v"));
  }

  private static final UpstreamPolicy PLAIN = policy("", null, false, "");

  private String upstream(UpstreamPolicy policy, boolean trusted, String head) {
    byte[] b = bytes(head.replace("\n", "\r\n"));
    assertThat(request.parse(b, 0, b.length)).as(request.faultDetail()).isEqualTo(b.length);
    int end = new RequestWriter(policy).write(request, PEER, trusted, out, 3);
    return text(out, 3, end).replace("\r\n", "\n");
  }

  private String downstream(
      Method method, boolean keep, int minor, ResponseHead.@Nullable Body as, String head) {
    byte[] b = bytes(head.replace("\n", "\r\n"));
    assertThat(response.parse(b, 0, b.length)).as(response.faultDetail()).isEqualTo(b.length);
    boolean switching = response.status() == 101;
    ResponseHead.Body body = as != null ? as : response.body(method, switching);
    ResponseWriter writer = new ResponseWriter(false);
    int end = writer.write(response, body, method, keep, minor, switching, out, 3);
    return text(out, 3, end).replace("\r\n", "\n");
  }

  @Test
  void request_plain_isWrittenAnew() {
    assertThat(
            upstream(PLAIN, false, "GET /x?y HTTP/1.0\nB:\t1 \nHost: a\nA: 2\nE:\nVia: 1.0 z\n\n"))
        .isEqualTo("GET /x?y HTTP/1.1\nHost: origin:80\nB: 1\nA: 2\nE: \nVia: 1.0 z\n\n");
  }

  @Test
  void request_hopByHopFields_areLeftOut() {
    String head =
        "GET / HTTP/1.1\nHost: a\nKeep-Alive: 1\nProxy-Connection: x\nTE: gzip\nUpgrade: x\n"
            + "Proxy-Authorization: p\nHTTP2-Settings: s\nX-Hop: 1\nx-HOP: 2\nX-Hopp: 3\n"
            + "Connection: close, ,x-hop\n\n";
    assertThat(upstream(PLAIN, false, head))
        .isEqualTo("GET / HTTP/1.1\nHost: origin:80\nX-Hopp: 3\n\n");
  }

  @Test
  void request_connectionNamingKeptFields_keepsThem() {
    String head =
        "POST / HTTP/1.1\nHost: a\nContent-Length: 5\nExpect: 100-continue\nVia: 1.1 z\n"
            + "Connection: host, content-length, expect, via, x-forwarded-for, forwarded\n\n";
    assertThat(upstream(policy("", null, true, "xv"), false, head))
        .isEqualTo(
            "POST / HTTP/1.1\nHost: a\nExpect: 100-continue\nVia: 1.1 z\nContent-Length: 5\n"
                + "X-Forwarded-For: 10.0.0.1\nX-Forwarded-Proto: http\nX-Forwarded-Host: a\n"
                + "Via: 1.1 weir\n\n");
  }

  @Test
  void request_chunkedWithTrailersAccepted_saysSo() {
    String head = "PUT / HTTP/1.1\nTransfer-Encoding: Chunked\nTE: trailers;q=0.5, x\nHost: a\n\n";
    assertThat(upstream(PLAIN, false, head))
        .isEqualTo(
            "PUT / HTTP/1.1\nHost: origin:80\nTransfer-Encoding: chunked\nTE: trailers\n"
                + "Connection: TE\n\n");
  }

  @Test
  void request_expectFromHttp10_isLeftOut() {
    String head = "PUT / HTTP/1.0\nContent-Length: 1\nExpect: 100-continue\n\n";
    assertThat(upstream(PLAIN, false, head))
        .isEqualTo("PUT / HTTP/1.1\nHost: origin:80\nContent-Length: 1\n\n");
  }

  @Test
  void request_upgrade_isPassed() {
    String head = "GET /ws HTTP/1.1\nHost: a\nConnection: upgrade\nUpgrade:  websocket\n\n";
    assertThat(upstream(PLAIN, false, head))
        .isEqualTo(
            "GET /ws HTTP/1.1\nHost: origin:80\nUpgrade: websocket\nConnection: Upgrade\n\n");
  }

  @Test
  void request_targets_goUnderTheBasePath() {
    UpstreamPolicy based = policy("/base", null, true, "");
    String rest = " HTTP/1.1\nHost: a\n\n";
    assertThat(upstream(based, false, "GET /x" + rest)).startsWith("GET /base/x HTTP/1.1\n");
    assertThat(upstream(based, false, "GET http://b" + rest))
        .isEqualTo("GET /base/ HTTP/1.1\nHost: b\n\n");
    assertThat(upstream(based, false, "GET http://b?q" + rest)).startsWith("GET /base/?q HTTP");
    assertThat(upstream(PLAIN, false, "GET http://b/x?q" + rest)).startsWith("GET /x?q HTTP");
    assertThat(upstream(based, false, "OPTIONS *" + rest)).startsWith("OPTIONS * HTTP");
    assertThat(upstream(based, false, "OPTIONS http://b" + rest)).startsWith("OPTIONS * HTTP");
    assertThat(upstream(policy("/base", "/f?g", false, ""), false, "GET /x?y" + rest))
        .isEqualTo("GET /f?g HTTP/1.1\nHost: origin:80\n\n");
  }

  private static final String FORWARDED =
      "GET / HTTP/1.1\nHost: a:1\nX-Forwarded-For: 1.1.1.1, 2.2.2.2\nX-Forwarded-For: 3.3.3.3\n"
          + "X-Forwarded-Proto: https\nX-Forwarded-Host: h\nForwarded: for=9.9.9.9\n\n";

  @Test
  void forwarding_fromAStranger_isReplaced() {
    assertThat(upstream(policy("", null, false, "xf"), false, FORWARDED))
        .isEqualTo(
            "GET / HTTP/1.1\nHost: origin:80\nX-Forwarded-For: 10.0.0.1\nX-Forwarded-Proto: http\n"
                + "X-Forwarded-Host: a:1\nForwarded: for=10.0.0.1;host=\"a:1\";proto=http\n\n");
  }

  @Test
  void forwarding_fromATrustedPeer_isContinued() {
    assertThat(upstream(policy("", null, false, "xf"), true, FORWARDED))
        .isEqualTo(
            "GET / HTTP/1.1\nHost: origin:80\n"
                + "X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 10.0.0.1\n"
                + "X-Forwarded-Proto: https\nX-Forwarded-Host: h\n"
                + "Forwarded: for=9.9.9.9, for=10.0.0.1;host=\"a:1\";proto=http\n\n");
  }

  @Test
  void forwarding_switchedOff_passesOnlyATrustedPeersWord() {
    assertThat(upstream(PLAIN, false, FORWARDED)).isEqualTo("GET / HTTP/1.1\nHost: origin:80\n\n");
    assertThat(upstream(PLAIN, true, FORWARDED)).contains("3.3.3.3", "https", "for=9.9.9.9");
  }

  @Test
  void forwarded_forIpv6OverTls_isQuoted() {
    byte[] b = bytes("GET / HTTP/1.0\r\n\r\n");
    assertThat(request.parse(b, 0, b.length)).isPositive();
    RequestWriter writer = new RequestWriter(policy("", null, true, "xf"));
    int end = writer.write(request, bytes("2001:db8::1"), false, true, out, 0);
    assertThat(text(out, 0, end))
        .isEqualTo(
            "GET / HTTP/1.1\r\n"
                + "Host: origin:80\r\n"
                + "X-Forwarded-For: 2001:db8::1\r\n"
                + "X-Forwarded-Proto: https\r\n"
                + "Forwarded: for=\"[2001:db8::1]\";proto=https\r\n\r\n");
  }

  @Test
  void writers_withTooLittleRoom_sayMinusOne() {
    upstream(PLAIN, false, "GET / HTTP/1.1\nHost: a\n\n");
    RequestWriter writer = new RequestWriter(PLAIN);
    int max = writer.bytesMax(request, PEER);
    assertThat(writer.write(request, PEER, false, new byte[max - 1], 0)).isEqualTo(-1);
    assertThat(writer.write(request, PEER, false, new byte[max], 0)).isPositive();
    downstream(Method.GET, true, 1, null, "HTTP/1.1 200 OK\nContent-Length: 0\n\n");
    int room = new ResponseWriter(true).bytesMax(response);
    assertThat(new ResponseWriter(true).writeInterim(response, new byte[room - 1], 0))
        .isEqualTo(-1);
  }

  @Test
  void writers_ofManyFieldsWithoutSpaces_fitTheirRoom() {
    HeadLimits limits = new HeadLimits(32_768, 100, 3_000);
    String fields = "X:y\r\n".repeat(2_000) + "\r\n";
    RequestHead many = new RequestHead(limits);
    byte[] b = bytes("GET / HTTP/1.1\r\nHost:a\r\n" + fields);
    assertThat(many.parse(b, 0, b.length)).isPositive();
    RequestWriter writer = new RequestWriter(policy("/base", null, true, "xfv"));
    byte[] tight = new byte[writer.bytesMax(many, PEER)];
    assertThat(writer.write(many, PEER, true, tight, 0)).isGreaterThan(2_000 * 6);
    ResponseHead answer = new ResponseHead(limits);
    byte[] c = bytes("HTTP/1.1 200\r\n" + fields);
    assertThat(answer.parse(c, 0, c.length)).isPositive();
    tight = new byte[new ResponseWriter(true).bytesMax(answer)];
    assertThat(new ResponseWriter(true).writeInterim(answer, tight, 0)).isGreaterThan(2_000 * 6);
  }

  @Test
  void response_withLength_isWrittenAnew() {
    String head =
        "HTTP/1.0 200 All right\nContent-Length: 05\nKeep-Alive: 5\nConnection: x-hop, keep-alive\n"
            + "X-Hop: 1\nUpgrade: h2c\nTrailer: T\nProxy-Authenticate: p\nSet-Cookie:a\n\n";
    String fields = "Trailer: T\nProxy-Authenticate: p\nSet-Cookie: a\nContent-Length: 5\n";
    assertThat(downstream(Method.GET, true, 1, null, head))
        .isEqualTo("HTTP/1.1 200 All right\n" + fields + "\n");
    assertThat(downstream(Method.GET, false, 1, null, head))
        .isEqualTo("HTTP/1.1 200 All right\n" + fields + "Connection: close\n\n");
    assertThat(downstream(Method.GET, true, 0, null, head))
        .isEqualTo("HTTP/1.1 200 All right\n" + fields + "Connection: keep-alive\n\n");
  }

  @Test
  void response_untilClose_closesOrIsReframed() {
    String head = "HTTP/1.1 200\nA: b\n\n";
    assertThat(downstream(Method.GET, true, 1, null, head))
        .isEqualTo("HTTP/1.1 200 \nA: b\nConnection: close\n\n");
    assertThat(downstream(Method.GET, true, 1, ResponseHead.Body.CHUNKED, head))
        .isEqualTo("HTTP/1.1 200 \nA: b\nTransfer-Encoding: chunked\n\n");
  }

  @Test
  void response_withoutBody_keepsOnlyWhatMayBeTold() {
    String length = "\nContent-Length: 5\n\n";
    String chunked = "\nTransfer-Encoding: chunked\n\n";
    assertThat(downstream(Method.HEAD, true, 1, null, "HTTP/1.1 200 OK" + length))
        .isEqualTo("HTTP/1.1 200 OK" + length);
    assertThat(downstream(Method.HEAD, true, 1, null, "HTTP/1.1 200 OK" + chunked))
        .isEqualTo("HTTP/1.1 200 OK" + chunked);
    assertThat(downstream(Method.HEAD, true, 0, null, "HTTP/1.1 200 OK" + chunked))
        .isEqualTo("HTTP/1.1 200 OK\nConnection: keep-alive\n\n");
    assertThat(downstream(Method.GET, true, 1, null, "HTTP/1.1 304 x" + length))
        .isEqualTo("HTTP/1.1 304 x" + length);
    assertThat(downstream(Method.HEAD, true, 1, null, "HTTP/1.1 204 x" + length))
        .isEqualTo("HTTP/1.1 204 x\n\n");
    assertThat(downstream(Method.GET, true, 1, null, "HTTP/1.1 204 x" + chunked))
        .isEqualTo("HTTP/1.1 204 x\n\n");
  }

  @Test
  void response_switching_saysToWhat() {
    assertThat(
            downstream(
                Method.GET, false, 1, null, "HTTP/1.1 101 x\nconnection: upgrade\nUPGRADE: y\n\n"))
        .isEqualTo("HTTP/1.1 101 x\nUPGRADE: y\nConnection: Upgrade\n\n");
    assertThat(
            downstream(
                Method.GET, false, 1, null, "HTTP/1.1 426 x\nUpgrade: y\nContent-Length: 0\n\n"))
        .isEqualTo("HTTP/1.1 426 x\nContent-Length: 0\nUpgrade: y\nConnection: Upgrade, close\n\n");
  }

  @Test
  void response_interim_hasNoFraming() {
    byte[] b =
        bytes("HTTP/1.1 103 Early Hints\r\nLink: x\r\nContent-Length: 5\r\nConnection: y\r\n\r\n");
    assertThat(response.parse(b, 0, b.length)).isPositive();
    int end = new ResponseWriter(true).writeInterim(response, out, 0);
    assertThat(text(out, 0, end))
        .isEqualTo("HTTP/1.1 103 Early Hints\r\nLink: x\r\nVia: 1.1 weir\r\n\r\n");
  }
}

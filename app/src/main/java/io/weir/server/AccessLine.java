package io.weir.server;

import io.weir.relay.exchange.ExchangeEnd;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One line of the access log, made again and again in the same buffer. Confined to one thread.
 *
 * <pre>
 *   common    PEER - USER [22/Nov/2026:18:36:32 +0100] "GET /a HTTP/1.1" 200 1234
 *   combined  ... "REFERER" "USER-AGENT"
 *   json      {"time":"2026-11-22T18:36:32+01:00","peer":"127.0.0.1:40312","method":"GET", ...}
 * </pre>
 *
 * <p>In the first two, as in nginx, quotes, backslashes and bytes outside of printable ASCII are
 * written as {@code \xHH}. Text of the request has one char for each byte (ISO 8859-1).
 */
final class AccessLine {
  /** Each text of the request is cut here, so that a line is at most 150 kB, escapes included. */
  private static final int VALUE_CHARS_MAX = 8 * 1024;

  /** Room that is checked once for a run of plain figures and punctuation. */
  private static final int SLACK_BYTES = 64;

  private static final String HEX_UPPER = "0123456789ABCDEF";
  private static final String HEX_LOWER = "0123456789abcdef";

  private final AccessLogTarget.Format format;
  private final ZoneId zone;
  private byte[] bytes = new byte[512];
  private int length;
  private long timeSecond = Long.MIN_VALUE;
  private String time = "";

  AccessLine(AccessLogTarget.Format format, ZoneId zone) {
    this.format = format;
    this.zone = zone;
  }

  /** The line with its newline, in bytes 0 to {@link #length()}; until the next one. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  /** Makes the line of {@code end}, which was over at {@code at}. */
  void write(ExchangeEnd end, Instant at) {
    length = 0;
    if (at.getEpochSecond() != timeSecond) {
      timeSecond = at.getEpochSecond();
      time = time(at.atZone(zone));
    }
    switch (format) {
      case COMMON -> common(end);
      case COMBINED -> {
        common(end);
        plain(" \"").escaped(end.referer()).plain("\" \"").escaped(end.userAgent()).plain("\"");
      }
      case JSON -> json(end);
    }
    plain("\n");
  }

  private String time(ZonedDateTime at) {
    return format == AccessLogTarget.Format.JSON
        ? DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(at.withNano(0))
        : DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.ROOT).format(at);
  }

  private void common(ExchangeEnd end) {
    plain(end.peer().getAddress().getHostAddress()).plain(" - ");
    escaped(end.user()).plain(" [").plain(time).plain("] \"");
    if (!end.method().equals("-")) {
      escaped(end.method()).plain(" ").escaped(end.target());
      if (end.minorVersion() >= 0) {
        plain(end.minorVersion() == 0 ? " HTTP/1.0" : " HTTP/1.1");
      }
    }
    plain("\" ").number(end.status()).plain(" ").number(end.downloadedBytes());
  }

  private void json(ExchangeEnd end) {
    InetSocketAddress peer = end.peer();
    plain("{\"time\":\"").plain(time).plain("\",\"peer\":\"").plain(ListenAddress.text(peer));
    plain("\",\"method\":\"").quoted(end.method()).plain("\",\"target\":\"").quoted(end.target());
    if (end.minorVersion() >= 0) {
      plain("\",\"protocol\":\"HTTP/1.").number(end.minorVersion());
    }
    plain("\",\"status\":").number(end.status());
    plain(",\"downloaded_bytes\":").number(end.downloadedBytes());
    plain(",\"uploaded_bytes\":").number(end.uploadedBytes());
    plain(",\"took_ms\":").number(end.tookMillis());
    optional(",\"user\":\"", end.user());
    optional(",\"referer\":\"", end.referer());
    optional(",\"user_agent\":\"", end.userAgent());
    optional(",\"error\":\"", end.reason() == null ? null : end.reason().word());
    plain("}");
  }

  private void optional(String name, @Nullable String value) {
    if (value != null) {
      plain(name).quoted(value).plain("\"");
    }
  }

  /** ASCII of our own. */
  private AccessLine plain(String ascii) {
    room(ascii.length());
    for (int i = 0; i < ascii.length(); i++) {
      bytes[length++] = (byte) ascii.charAt(i);
    }
    return this;
  }

  private AccessLine number(long value) {
    return plain(Long.toString(value));
  }

  private AccessLine escaped(@Nullable String text) {
    if (text == null) {
      return plain("-");
    }
    for (int i = 0; i < text.length() && i < VALUE_CHARS_MAX; i++) {
      char c = text.charAt(i);
      room(4);
      if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
        bytes[length++] = (byte) c;
      } else {
        plain("\\x").hex(c, HEX_UPPER);
      }
    }
    return this;
  }

  private AccessLine quoted(String text) {
    for (int i = 0; i < text.length() && i < VALUE_CHARS_MAX; i++) {
      char c = text.charAt(i);
      room(8);
      if (c >= ' ' && c < 0x7f) {
        if (c == '"' || c == '\\') {
          bytes[length++] = '\\';
        }
        bytes[length++] = (byte) c;
      } else {
        plain("\\u00").hex(c, HEX_LOWER);
      }
    }
    return this;
  }

  private void hex(char c, String digits) {
    bytes[length++] = (byte) digits.charAt(c >> 4 & 15);
    bytes[length++] = (byte) digits.charAt(c & 15);
  }

  private void room(int more) {
    if (bytes.length - length < more + SLACK_BYTES) {
      bytes = Arrays.copyOf(bytes, 2 * (length + more + SLACK_BYTES));
    }
  }
}

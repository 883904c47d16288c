package io.weir.relay.translation;

import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.weir.relay.http1.FieldReader;

/** Adds field lines of HTTP/1.1 to a header list of HTTP/2, their names in lower case. */
final class FieldCopy implements FieldReader {
  private final Http2Headers to;

  FieldCopy(Http2Headers to) {
    this.to = to;
  }

  @Override
  public void field(byte[] b, int nameFrom, int nameTo, int valueFrom, int valueTo) {
    AsciiString name = new AsciiString(b, nameFrom, nameTo - nameFrom, true).toLowerCase();
    to.add(name, new AsciiString(b, valueFrom, valueTo - valueFrom, true));
  }
}

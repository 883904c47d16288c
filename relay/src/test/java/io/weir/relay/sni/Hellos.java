package io.weir.relay.sni;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** First messages of TLS clients: real ones of the JDK, and such as no library makes. */
public final class Hellos {
  private Hellos() {}

  /** The JDK's, in one record. */
  public static byte[] real(@Nullable String serverName, String... protocols) {
    try {
      SSLEngine engine = SSLContext.getDefault().createSSLEngine();
      engine.setUseClientMode(true);
      SSLParameters parameters = engine.getSSLParameters();
      if (serverName != null) {
        parameters.setServerNames(List.of(new SNIHostName(serverName)));
      }
      parameters.setProtocols(protocols);
      parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
      engine.setSSLParameters(parameters);
      ByteBuffer to = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
      engine.wrap(ByteBuffer.allocate(0), to);
      byte[] bytes = new byte[to.position()];
      to.flip().get(bytes);
      return bytes;
    } catch (NoSuchAlgorithmException | SSLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The same message in records of so many bytes. */
  public static byte[] cut(byte[] oneRecord, int recordBytes) {
    ByteArrayOutputStream cut = new ByteArrayOutputStream();
    for (int at = 5; at < oneRecord.length; at += recordBytes) {
      int length = Math.min(recordBytes, oneRecord.length - at);
      cut.writeBytes(new byte[] {22, 3, 1, (byte) (length >> 8), (byte) length});
      cut.write(oneRecord, at, length);
    }
    return cut.toByteArray();
  }

  /** A message with these extensions, in one record or, if it is longer, several. */
  public static byte[] of(byte[]... extensions) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] extension : extensions) {
      all.writeBytes(extension);
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(new byte[] {3, 3});
    body.writeBytes(new byte[32]);
    body.writeBytes(new byte[] {0, 0, 2, 0x13, 1, 1, 0}); // no session, a cipher, no compression
    body.writeBytes(sized(2, all.toByteArray()));
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    message.write(1);
    message.writeBytes(sized(3, body.toByteArray()));
    byte[] headed = new byte[5 + message.size()];
    System.arraycopy(message.toByteArray(), 0, headed, 5, message.size());
    return cut(headed, 1 << 14);
  }

  /** An extension with this content. */
  public static byte[] extension(int type, byte[] content) {
    byte[] sized = sized(2, content);
    byte[] whole = new byte[2 + sized.length];
    whole[0] = (byte) (type >> 8);
    whole[1] = (byte) type;
    System.arraycopy(sized, 0, whole, 2, sized.length);
    return whole;
  }

  /** A list of server names, as the extension has it. */
  public static byte[] names(String... names) {
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    for (String name : names) {
      list.write(0);
      list.writeBytes(sized(2, name.getBytes(StandardCharsets.ISO_8859_1)));
    }
    return extension(0, sized(2, list.toByteArray()));
  }

  private static byte[] sized(int width, byte[] content) {
    byte[] whole = new byte[width + content.length];
    for (int i = 0; i < width; i++) {
      whole[i] = (byte) (content.length >> (8 * (width - 1 - i)));
    }
    System.arraycopy(content, 0, whole, width, content.length);
    return whole;
  }
}

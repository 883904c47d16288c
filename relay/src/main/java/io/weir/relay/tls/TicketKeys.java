package io.weir.relay.tls;

import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * The keys of session tickets (RFC 5077, RFC 8446 4.6.1): a client that comes again within hours
 * saves both sides the signature, and no session is kept here. Whoever has a key can read what was
 * sent under its tickets with TLS 1.2, so no key lives long, and none is written anywhere.
 *
 * <p>Guarded by its owner.
 */
final class TicketKeys {
  private static final long HOUR_NANOS = 3_600_000_000_000L;

  /** A key makes tickets for so long, and reads those that it made for as long again. */
  static final long ROTATION_NANOS = 12 * HOUR_NANOS;

  private final SecureRandom random = new SecureRandom();
  private OpenSslSessionTicketKey newest = fresh();
  private @Nullable OpenSslSessionTicketKey before;
  private long madeNanos;

  TicketKeys(long nowNanos) {
    madeNanos = nowNanos;
  }

  private OpenSslSessionTicketKey fresh() {
    return new OpenSslSessionTicketKey(
        bytes(OpenSslSessionTicketKey.NAME_SIZE),
        bytes(OpenSslSessionTicketKey.HMAC_KEY_SIZE),
        bytes(OpenSslSessionTicketKey.AES_KEY_SIZE));
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Makes a new key if the newest is too old; returns whether it did. */
  boolean rotate(long nowNanos) {
    long age = nowNanos - madeNanos;
    if (age < ROTATION_NANOS) {
      return false;
    }
    before = age < 2 * ROTATION_NANOS ? newest : null;
    newest = fresh();
    madeNanos = nowNanos;
    return true;
  }

  /** Has {@code sessions} use them. */
  void use(OpenSslSessionContext sessions) {
    OpenSslSessionTicketKey old = before;
    if (old == null) {
      sessions.setTicketKeys(newest);
    } else {
      sessions.setTicketKeys(newest, old);
    }
  }
}

package io.weir.relay.http1;

import java.util.Arrays;
import java.util.Locale;

/** The fields that the relay looks at, or that must not travel somewhere; the rest is OTHER. */
public enum KnownField {
  OTHER(0),
  HOST(Flag.KEPT | Flag.NO_TRAILER),
  CONNECTION(Flag.HOP),
  CONTENT_LENGTH(Flag.KEPT | Flag.NO_TRAILER),
  TRANSFER_ENCODING(Flag.HOP),
  KEEP_ALIVE(Flag.HOP),
  PROXY_CONNECTION(Flag.HOP),
  TE(Flag.HOP),
  TRAILER(Flag.NO_TRAILER),
  UPGRADE(Flag.HOP),
  HTTP2_SETTINGS(Flag.HOP),
  EXPECT(Flag.KEPT | Flag.NO_TRAILER),
  ACCEPT(0),
  ACCEPT_ENCODING(0),
  USER_AGENT(0),
  REFERER(0),
  PROXY_AUTHORIZATION(Flag.NO_TRAILER),
  X_FORWARDED_FOR(Flag.KEPT | Flag.NO_TRAILER),
  X_FORWARDED_PROTO(Flag.KEPT | Flag.NO_TRAILER),
  X_FORWARDED_HOST(Flag.KEPT | Flag.NO_TRAILER),
  FORWARDED(Flag.KEPT | Flag.NO_TRAILER),
  VIA(Flag.KEPT | Flag.NO_TRAILER),
  AUTHORIZATION(Flag.NO_TRAILER),
  WWW_AUTHENTICATE(Flag.NO_TRAILER),
  PROXY_AUTHENTICATE(Flag.NO_TRAILER),
  COOKIE(Flag.NO_TRAILER),
  SET_COOKIE(Flag.NO_TRAILER),
  CACHE_CONTROL(Flag.NO_TRAILER),
  PRAGMA(Flag.NO_TRAILER),
  AGE(Flag.NO_TRAILER),
  DATE(Flag.NO_TRAILER),
  EXPIRES(Flag.NO_TRAILER),
  LOCATION(Flag.NO_TRAILER),
  RETRY_AFTER(Flag.NO_TRAILER),
  VARY(Flag.NO_TRAILER),
  WARNING(Flag.NO_TRAILER),
  MAX_FORWARDS(Flag.NO_TRAILER),
  RANGE(Flag.NO_TRAILER),
  IF_MATCH(Flag.NO_TRAILER),
  IF_NONE_MATCH(Flag.NO_TRAILER),
  IF_MODIFIED_SINCE(Flag.NO_TRAILER),
  IF_UNMODIFIED_SINCE(Flag.NO_TRAILER),
  IF_RANGE(Flag.NO_TRAILER),
  CONTENT_ENCODING(Flag.NO_TRAILER),
  CONTENT_TYPE(Flag.NO_TRAILER),
  CONTENT_RANGE(Flag.NO_TRAILER),
  ORIGIN(0),
  SEC_WEBSOCKET_ACCEPT(0),
  SEC_FETCH_SITE(0),
  SEC_FETCH_MODE(0);

  /** Open addressing by the name's hash; four times as many slots as names keep probes short. */
  private static final int SLOTS = 256;

  private static final KnownField[] BY_HASH = byHash();

  @SuppressWarnings("ImmutableEnumChecker") // never written, never handed out
  private final byte[] lowerName;

  private final int flags;

  KnownField(int flags) {
    this.lowerName = Octets.ascii(name().toLowerCase(Locale.ROOT).replace('_', '-'));
    this.flags = flags;
  }

  /** For one connection only (RFC 9110, 7.6.1): never passed on as it came. */
  boolean isHopByHop() {
    return (flags & Flag.HOP) != 0;
  }

  /** The Connection field cannot take it away: framing, routing, and what the relay itself says. */
  boolean isKept() {
    return (flags & Flag.KEPT) != 0;
  }

  /** RFC 9110, 6.5.1: framing, routing, modifiers, authentication, content format. */
  boolean isForbiddenInTrailer() {
    return (flags & (Flag.NO_TRAILER | Flag.HOP)) != 0;
  }

  private static KnownField[] byHash() {
    KnownField[] table = new KnownField[SLOTS];
    Arrays.fill(table, OTHER);
    for (KnownField field : values()) {
      if (field != OTHER) {
        int slot = slot(Octets.hash(field.lowerName, 0, field.lowerName.length));
        while (table[slot] != OTHER) {
          slot = (slot + 1) & (SLOTS - 1);
        }
        table[slot] = field;
      }
    }
    return table;
  }

  private static int slot(int hash) {
    return (hash ^ (hash >>> 8) ^ (hash >>> 16)) & (SLOTS - 1);
  }

  /** The field of the name in b[from,to) whose {@link Octets#hash} is {@code hash}. */
  static KnownField of(byte[] b, int from, int to, int hash) {
    for (int slot = slot(hash); ; slot = (slot + 1) & (SLOTS - 1)) {
      KnownField field = BY_HASH[slot];
      if (field == OTHER || Octets.equalsLower(b, from, to, field.lowerName)) {
        return field;
      }
    }
  }

  /** In a class of its own, because an enum's constants cannot use its later static fields. */
  private static final class Flag {
    static final int HOP = 1;
    static final int KEPT = 2;
    static final int NO_TRAILER = 4;

    private Flag() {}
  }
}

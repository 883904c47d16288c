package io.weir.relay.origin;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.resolver.dns.DefaultDnsCache;
import io.netty.resolver.dns.DnsCache;
import io.netty.resolver.dns.DnsCacheEntry;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Netty's cache of DNS answers with a bound: where clients choose the names, they choose how many
 * and, by their own name servers, for how long. The name that was asked for longest ago goes first.
 * Thread: the loop.
 */
final class KeptAnswers implements DnsCache {
  /** Names of one loop; an answer takes some hundred bytes. */
  static final int NAMES_MAX = 1024;

  private final DefaultDnsCache cache;
  private final LinkedHashMap<String, Boolean> names = new LinkedHashMap<>(16, 0.75f, true);

  KeptAnswers(int ttlSecondsMin, int ttlSecondsMax, int negativeTtlSeconds) {
    this.cache = new DefaultDnsCache(ttlSecondsMin, ttlSecondsMax, negativeTtlSeconds);
  }

  private static String key(String hostname) {
    String lower = hostname.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower : lower + ".";
  }

  private void uses(String hostname) {
    names.put(key(hostname), true);
    if (names.size() > NAMES_MAX) {
      String oldest = names.firstEntry().getKey();
      names.remove(oldest);
      cache.clear(oldest);
    }
  }

  @Override
  public void clear() {
    names.clear();
    cache.clear();
  }

  @Override
  public boolean clear(String hostname) {
    names.remove(key(hostname));
    return cache.clear(hostname);
  }

  @Override
  public @Nullable List<? extends DnsCacheEntry> get(String hostname, DnsRecord[] additionals) {
    names.get(key(hostname)); // it is asked for now
    return cache.get(hostname, additionals);
  }

  @Override
  public DnsCacheEntry cache(
      String hostname,
      DnsRecord[] additionals,
      InetAddress address,
      long originalTtl,
      EventLoop loop) {
    uses(hostname);
    return cache.cache(hostname, additionals, address, originalTtl, loop);
  }

  @Override
  public DnsCacheEntry cache(
      String hostname, DnsRecord[] additionals, Throwable cause, EventLoop loop) {
    uses(hostname);
    return cache.cache(hostname, additionals, cause, loop);
  }

  /** Names that are kept. */
  int size() {
    return names.size();
  }
}

package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.relay.exchange.ConnectionCost;
import io.weir.relay.exchange.LinkNeeds;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class MemoryPlanTest {
  private static final String SEED = "20260401";
  private static final long MIB = 1 << 20;
  private static final ConnectionCost COST = new ConnectionCost(40_320, 5_632, 39_360);

  private static SystemLimits system(int descriptors) {
    return new SystemLimits(16 * MIB, descriptors, 4096, Long.MAX_VALUE);
  }

  private static MemoryNeeds needs(int asked) {
    return new MemoryNeeds(system(20_000), COST, 0, 0, 128, 1, LinkNeeds.NONE, asked);
  }

  /** With the heap that the launcher would give. */
  private static MemoryPlan plan(long memoryBytes, MemoryNeeds needs) throws PlanException {
    return MemoryPlan.of(memoryBytes, needs.withHeap(MemoryPlan.heapBytesFor(memoryBytes)));
  }

  @Property(seed = SEED)
  void terms_ofEveryPlan_addUpAndKeepTheirBounds(
      @ForAll @IntRange(min = 1, max = 16_384) int mebibytes,
      @ForAll @IntRange(min = 0, max = 20_000) int asked,
      @ForAll @IntRange(min = 0, max = 1 << 20) int descriptors,
      @ForAll @IntRange(min = 1, max = 5000) int backlogMax,
      @ForAll @IntRange(min = 0, max = 4096) int idleOrigins,
      @ForAll @IntRange(min = 1, max = 4) int listeners,
      @ForAll @IntRange(min = 0, max = 2) int channels,
      @ForAll boolean http2Clients,
      @ForAll @IntRange(min = 0, max = 64) int http2Loops) {
    long memoryBytes = mebibytes * MIB;
    long heapBytes = MemoryPlan.heapBytesFor(memoryBytes);
    SystemLimits system = new SystemLimits(heapBytes, descriptors, backlogMax, Long.MAX_VALUE);
    LinkNeeds links =
        LinkNeeds.of(true, false, http2Clients, http2Loops > 0, Math.max(1, http2Loops));
    MemoryNeeds needs =
        new MemoryNeeds(system, COST, channels, 0, idleOrigins, listeners, links, asked);
    MemoryPlan plan;
    try {
      plan = MemoryPlan.of(memoryBytes, needs);
    } catch (PlanException e) {
      boolean fewDescriptors = needs.connectionsByDescriptors() < MemoryPlan.wanted(needs);
      assertThat(fewDescriptors || memoryBytes < MemoryPlan.leastBytes(needs)).isTrue();
      return;
    }
    assertThat(needs.fixedBytes() + plan.queueBytes() + plan.objectsBytes() + plan.budgetBytes())
        .isEqualTo(memoryBytes);
    assertThat(plan.budgetBytes())
        .isGreaterThanOrEqualTo(plan.connectionsMax() * COST.leaseBytes() + links.originsBytes())
        .isGreaterThanOrEqualTo(needs.clientLinkBytes() + links.originsBytes());
    assertThat(plan.connectionsMax())
        .isGreaterThanOrEqualTo(MemoryPlan.wanted(needs))
        .isLessThanOrEqualTo((int) needs.connectionsByHeap());
    assertThat(2L * plan.connectionsMax() + MemoryPlan.RESERVED_DESCRIPTORS)
        .isLessThanOrEqualTo(descriptors);
    assertThat(plan.backlog()).isBetween(Math.min(64, backlogMax), Math.min(511, backlogMax));
  }

  @Property(seed = SEED)
  void least_whateverIsAsked_doesAndOneLessDoesNot(
      @ForAll @IntRange(min = 1, max = 1_000_000) int asked,
      @ForAll @IntRange(min = 0, max = 2) int channels) {
    SystemLimits system = system(Integer.MAX_VALUE);
    MemoryNeeds needs = new MemoryNeeds(system, COST, channels, 0, 128, 1, LinkNeeds.NONE, asked);
    long least = MemoryPlan.leastBytes(needs);
    assertThat(catchPlan(least, needs)).isTrue();
    assertThat(catchPlan(least - MIB, needs)).isFalse();
  }

  private static boolean catchPlan(long memoryBytes, MemoryNeeds needs) {
    try {
      return plan(memoryBytes, needs).connectionsMax() == needs.connectionsAsked();
    } catch (PlanException e) {
      return false;
    }
  }

  @Example
  void connections_notAskedFor_areAsManyAsFit() throws PlanException {
    assertThat(plan(160 * MIB, needs(0)).connectionsMax()).isEqualTo(1533);
    assertThat(plan(512 * MIB, needs(0)).connectionsMax()).isGreaterThan(9000);
    assertThat(plan(4096 * MIB, needs(0)).connectionsMax()).isEqualTo(9968);
  }

  @Example
  void terms_whereTlsIsSpoken_nameWhatItAdds() throws PlanException {
    MemoryNeeds tls = new MemoryNeeds(system(20_000), COST, 0, 1, 128, 1, LinkNeeds.NONE, 0);
    String table = PlanText.table(plan(160 * MIB, tls), "--memory");
    assertThat(table).contains("- TLS                          24.0 MiB  ");
    assertThatThrownBy(() -> plan(64 * MIB, tls))
        .hasMessageContaining(" + 64.0 program + 24.0 TLS + ");
  }

  private static MemoryNeeds needs(LinkNeeds links, int asked) {
    return new MemoryNeeds(system(20_000), COST, 0, 0, 0, 1, links, asked);
  }

  @Example
  void aSingleConnection_ofHttp2_hasRoomForItsLinks() throws PlanException {
    LinkNeeds both = LinkNeeds.of(true, true, true, true, 2);
    MemoryNeeds with = needs(both, 1);
    long least = MemoryPlan.leastBytes(with);
    assertThat(least).isGreaterThan(MemoryPlan.leastBytes(needs(LinkNeeds.NONE, 1)));
    assertThat(plan(least, with).budgetBytes())
        .isGreaterThanOrEqualTo(
            both.clientBytes() + 2 * COST.leaseBytes() + 2 * both.originBytes());
    assertThatThrownBy(() -> plan(least - MIB, with)).hasMessageContaining(" HTTP/2 connections)");
  }

  @Example
  void connectionsToAnHttp2Origin_comeOutOfWhatConnectionsWouldHave() throws PlanException {
    LinkNeeds origin = LinkNeeds.of(true, false, false, true, 8);
    MemoryPlan without = plan(160 * MIB, needs(LinkNeeds.NONE, 0));
    MemoryPlan with = plan(160 * MIB, needs(origin, 0));
    long fewer = Math.ceilDiv(8 * origin.originBytes(), COST.leaseBytes() + COST.objectBytes());
    assertThat((long) without.connectionsMax() - with.connectionsMax()).isBetween(fewer - 1, fewer);
  }

  @Example
  void table_whereHttp2IsSpoken_saysWhatItTakes() throws PlanException {
    LinkNeeds both = LinkNeeds.of(true, false, true, true, 2);
    MemoryPlan plan = plan(160 * MIB, needs(both, 0));
    long each = both.clientBytes() + 2 * COST.leaseBytes();
    long clients = (plan.budgetBytes() - 2 * both.originBytes()) / each;
    assertThat(PlanText.table(plan, "--memory"))
        .contains(
            "HTTP/2: a client's connection takes 400.0 KiB more of the budget, 272.0 KiB once")
        .contains(": " + clients + " such clients at once with a stream each")
        .contains("HTTP/2: a connection to the origin takes ")
        .contains("one of each of 2 loops");
  }

  @Example
  void connections_askedFor_comeBeforeTheAcceptQueue() throws PlanException {
    MemoryPlan few = plan(160 * MIB, needs(100));
    MemoryPlan many = plan(160 * MIB, needs(1600));
    assertThat(few.connectionsMax()).isEqualTo(100);
    assertThat(many.connectionsMax()).isEqualTo(1600);
    assertThat(many.backlog()).isLessThan(few.backlog());
  }

  @Example
  void littleMemory_refused_saysTheTermsAndTheLeast() {
    assertThatThrownBy(() -> plan(64 * MIB, needs(0)))
        .isInstanceOf(PlanException.class)
        .hasMessage(
            "--memory: 64.0 MiB is too little for 16 connections; the least that would do is 86m"
                + " (MiB: 16.0 heap + 64.0 program + 2.8 idle origin connections"
                + " + 2.4 accept queue + 0.7 connections of 44.9 KiB)");
  }

  @Example
  void moreThanDescriptors_refused_saysHowMany() {
    assertThatThrownBy(() -> plan(4096 * MIB, needs(10_000)))
        .hasMessageContaining("10,000 connections need 20,064 open files")
        .hasMessageContaining("ulimit -n");
  }

  @Example
  void moreThanTheHeap_refused_saysTheMemoryThatBringsOne() throws PlanException {
    assertThatThrownBy(() -> MemoryPlan.of(480 * MIB, needs(9000)))
        .hasMessageContaining("need a heap of 20.2 MiB, and this JVM's is 16.0 MiB")
        .hasMessageEndingWith("the least that would do is 486m");
    assertThat(plan(486 * MIB, needs(9000)).connectionsMax()).isEqualTo(9000);
  }

  @Example
  void table_ofAPlan_hasARowForEachTerm() throws PlanException {
    assertThat(PlanText.table(plan(160 * MIB, needs(0)), "--memory").lines())
        .hasSize(10)
        .contains("memory                        160.0 MiB  --memory")
        .anyMatch(line -> line.startsWith("= budget                       59.0 MiB  "))
        .last()
        .asString()
        .startsWith("connections: 1,533 at most: the memory ends there; ");
  }
}

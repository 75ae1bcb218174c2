// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.Size;

/** Invariants that hold after every step of any sequence of actions of guest and toolstack. */
class MemoryInvariantsTest {
    private static final long GFNS = 4096;

    private enum Kind {
        POPULATE,
        MARK,
        TOUCH,
        DIRTY,
        ZERO,
        FREE,
        TARGET,
        LIMIT,
        MAP,
        UNMAP,
        MOVE,
        CLAIM
    }

    private record Step(Kind kind, long gfn, int order, long amount) {}

    @Provide
    Arbitrary<Step> steps() {
        return Combinators.combine(
                        Arbitraries.of(Kind.values()),
                        Arbitraries.longs().between(0, GFNS - 1),
                        Arbitraries.frequencyOf(
                                Tuple.of(4, Arbitraries.just(0)),
                                Tuple.of(1, Arbitraries.integers().between(1, 8)),
                                Tuple.of(3, Arbitraries.just(9))),
                        Arbitraries.longs().between(0, 3000))
                .as(Step::new);
    }

    @Property(tries = 150, seed = "20151029")
    void countersAgreeWithTheMapAndNoPageIsLost(@ForAll @Size(min = 20, max = 120) List<@From("steps") Step> steps) {
        Bench bench = Bench.large();
        bench.domain.setMaxPages(2500);
        bench.target(1024).markBlocks(0, 4);
        List<FrameMapping> mappings = new ArrayList<>();
        for (Step step : steps) {
            long debtBefore = bench.debt();
            long totalBefore = bench.total();
            apply(bench, mappings, step);
            check(bench);
            if (step.kind() == Kind.TOUCH || step.kind() == Kind.DIRTY || step.kind() == Kind.ZERO) {
                assertEquals(debtBefore, bench.debt(), "a touch moves a page or reclaims one, debt stays");
                assertEquals(totalBefore, bench.total());
            }
            if (step.kind() == Kind.FREE && step.order() == 0 && debtBefore > 0 && mappings.isEmpty()) {
                assertEquals(totalBefore, bench.total(), "while there is debt, nothing leaves the domain");
            }
        }
        bench.domain.destroy();
        mappings.forEach(bench.domain::unmap);
        assertTrue(bench.gone);
        assertEquals(bench.host.totalPages(), bench.host.freePages());
        assertEquals(0, bench.host.claimedPages());
    }

    private static void apply(Bench bench, List<FrameMapping> mappings, Step step) {
        long aligned = step.gfn() & -(1L << step.order());
        try {
            switch (step.kind()) {
                case POPULATE -> bench.domain.populate(aligned, step.order());
                case MARK -> bench.domain.markPopulateOnDemand(step.gfn(), step.order());
                case TOUCH -> bench.touch(step.gfn(), 1);
                case DIRTY -> bench.dirty(step.gfn(), 1 + step.amount() % 600);
                case ZERO ->
                    bench.domain.overwrite(step.gfn(), step.amount() % 600, DomainMemory.Filling.ZEROES, Bench.GUEST);
                case FREE -> bench.domain.decreaseReservation(step.gfn(), step.order());
                case TARGET -> bench.domain.setPodTarget(step.amount());
                case LIMIT -> bench.domain.setMaxPages(step.amount());
                case MAP -> mappings.add(bench.domain.mapForeign(Actor.DOM0, step.gfn(), step.gfn() + 1));
                case UNMAP -> {
                    if (!mappings.isEmpty()) {
                        bench.domain.unmap(mappings.remove(0));
                    }
                }
                case MOVE -> bench.domain.move(step.gfn(), step.amount(), Bench.GUEST);
                case CLAIM -> bench.domain.claimPages(step.amount() % 2 == 0 ? 0 : step.amount());
            }
        } catch (XenRefusal refusal) {
            // A refusal is as good a step as any: what must hold, holds after it too.
        }
    }

    private static void check(Bench bench) {
        assertTrue(bench.entries() >= 0);
        assertTrue(bench.cache() >= 0);
        assertEquals(bench.entries(), bench.domain.count(0, 2 * GFNS, GfnType.POPULATE_ON_DEMAND));
        long ram = bench.domain.count(0, 2 * GFNS, GfnType.RAM);
        assertTrue(ram <= bench.total() - bench.cache(), "what is mapped is owned");
        assertEquals(bench.host.totalPages(), bench.host.freePages() + bench.total());
        assertTrue(bench.host.claimedPages() <= bench.host.freePages());
        assertEquals(bench.host.claimedPages(), bench.domain.claimedPages());
    }
}

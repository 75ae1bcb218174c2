// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;

/** Prints the table of docs/balance.md: each scenario with squeezed's rules, with qmemman's, and with ours. */
final class BalanceComparison {
    private static final int SEEDS = 10;

    /** Of the drawn scenarios; chosen once, before the first run. */
    static final long DRAWN_SEED = 20_261_205;

    /** A policy of the table. */
    record Contestant(String name, Supplier<MemoryDecider> decider, ModelHost.Raises raises) {}

    private BalanceComparison() {}

    static List<Contestant> contestants() {
        return List.of(
                new Contestant("squeezed", SqueezedDecider::new, ModelHost.Raises.BARE),
                new Contestant("qmemman", QmemmanDecider::new, ModelHost.Raises.BACKED),
                new Contestant("xlj", () -> new FairDecider(BalancePolicy.standard()), ModelHost.Raises.BARE));
    }

    static ModelFigures run(ModelScenario scenario, Contestant contestant, long seed) {
        ModelHost host = new ModelHost(
                scenario.hostMib(), seed, contestant.decider().get(), contestant.raises(), ModelHost.Observer.NONE);
        scenario.play().accept(host);
        return host.figures;
    }

    public static void main(String[] args) {
        System.out.println(
                "| scenario | policy | built / asked | refused | broke | answer s mean, worst | moved GiB/min"
                        + " | turns/guest/min | unfairness | distress GiB·s | below floor | least free MiB | PoD debt MiB |");
        System.out.println("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        ModelScenario.known()
                .forEach(scenario ->
                        print(scenario, LongStream.rangeClosed(1, SEEDS).toArray()));
        ModelScenario.drawn(DRAWN_SEED, SEEDS).forEach(scenario -> print(scenario, new long[] {1}));
    }

    private static void print(ModelScenario scenario, long[] seeds) {
        for (Contestant contestant : contestants()) {
            List<ModelFigures> runs = new ArrayList<>();
            for (long seed : seeds) {
                runs.add(run(scenario, contestant, seed));
            }
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %s | %.1f / %.0f | %.1f | %.1f | %.1f, %.1f | %.1f | %.1f | %.3f | %.1f | %.1f | %.0f | %.0f |%n",
                    scenario.title(),
                    contestant.name(),
                    mean(runs, run -> run.built),
                    mean(runs, run -> run.asked),
                    mean(runs, run -> run.refused),
                    mean(runs, run -> run.broke),
                    mean(runs, ModelFigures::meanAnswer),
                    mean(runs, ModelFigures::worstAnswer),
                    mean(runs, ModelFigures::gibPerMinute),
                    mean(runs, ModelFigures::turnsPerGuestAndMinute),
                    mean(runs, ModelFigures::unfairness),
                    mean(runs, ModelFigures::distressGibSeconds),
                    mean(runs, ModelFigures::guestsBelowFloor),
                    mean(runs, ModelFigures::leastFreeMib),
                    mean(runs, ModelFigures::debtMib));
        }
    }

    static double mean(List<ModelFigures> runs, ToDoubleFunction<ModelFigures> figure) {
        return runs.stream().mapToDouble(figure).average().orElse(0);
    }
}

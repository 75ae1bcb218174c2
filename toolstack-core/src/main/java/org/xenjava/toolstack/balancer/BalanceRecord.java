// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The size that the balancer has set, in one node of xenstore, so that the next balancer knows it.
 *
 * @param base size that the user has set
 * @param set size that the balancer has set last; another size in its place is another's decision
 */
record BalanceRecord(KiB base, KiB set) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,12}) (\\d{1,12})");

    static Optional<BalanceRecord> parse(String text) {
        return Optional.of(TEXT.matcher(text)).filter(Matcher::matches).map(BalanceRecord::of);
    }

    private static BalanceRecord of(Matcher text) {
        return new BalanceRecord(KiB.of(Long.parseLong(text.group(1))), KiB.of(Long.parseLong(text.group(2))));
    }

    String text() {
        return base.value() + " " + set.value();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.resize;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.StoreTransaction;

/**
 * Pages that the host has lent a domain so that every populate-on-demand entry has its page, as recorded in {@code
 * /libxl/N/xenjava/guard/covered}. The record disappears with the domain's nodes.
 *
 * @param purpose reason of the loan
 * @param oldMaxPages max_pages before the loan
 * @param newMaxPages max_pages that the lender has set or kept
 * @param totBefore pages that the domain owned before the loan
 * @param pages pages lent
 */
public record Loan(Purpose purpose, long oldMaxPages, long newMaxPages, long totBefore, long pages) {
    private static final Pattern FORM = Pattern.compile("(\\d{1,15}) (\\d{1,15}) (\\d{1,15}) (\\d{1,15})(?: (boot))?");
    private static final int BOOT_GROUP = 5;

    /** Reasons of loans. */
    public enum Purpose {
        /** The balloon driver has stopped short. */
        SHORTFALL,
        /** The guest has not ballooned yet: its whole memory is backed until then. */
        BOOT
    }

    /** Pages of the loan that the domain has not given back. */
    public long outstanding(long totPages) {
        return Math.max(0, Math.min(pages, totPages - totBefore));
    }

    /** The same loan after a mem-set: the domain owns the pages by which its size has grown. */
    public Loan resized(long growth, long maxBySize, long maxPages) {
        return new Loan(purpose, maxBySize, Math.max(maxBySize, maxPages), totBefore + Math.max(0, growth), pages);
    }

    /** The lease of the process that nudges the domain and lends to it. */
    public static Lease lease(LeaseHolder holder, DomainPaths paths) {
        return holder.lease(paths.podGuard() + "/owner");
    }

    /** The rest of the loan after a repayment. */
    public Loan reducedTo(long left) {
        return new Loan(purpose, oldMaxPages, newMaxPages, totBefore, left);
    }

    /** The loan of that domain; text of another form is no loan. */
    public static Optional<Loan> read(StoreTransaction store, DomainPaths paths) {
        return store.read(path(paths)).flatMap(Loan::parse);
    }

    /** The loan that a record describes; text of another form is no loan. */
    public static Optional<Loan> parse(String text) {
        return Optional.of(FORM.matcher(text)).filter(Matcher::matches).map(Loan::of);
    }

    private static Loan of(Matcher text) {
        return new Loan(
                text.group(BOOT_GROUP) == null ? Purpose.SHORTFALL : Purpose.BOOT,
                Long.parseLong(text.group(1)),
                Long.parseLong(text.group(2)),
                Long.parseLong(text.group(3)),
                Long.parseLong(text.group(4)));
    }

    /** Writes the record. */
    public void write(StoreTransaction store, DomainPaths paths) {
        String numbers = oldMaxPages + " " + newMaxPages + " " + totBefore + " " + pages;
        store.write(path(paths), purpose == Purpose.BOOT ? numbers + " boot" : numbers);
    }

    /** Removes the record. */
    public static void remove(StoreTransaction store, DomainPaths paths) {
        store.remove(path(paths));
    }

    /** The path of the record. */
    public static String path(DomainPaths paths) {
        return paths.podGuard() + "/covered";
    }
}

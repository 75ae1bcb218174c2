// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.differential;

import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * The effects of a step that a toolstack can see.
 *
 * @param answer the result, or errno
 * @param counters tot_pages, cache and entries afterwards
 * @param maxPages max_pages afterwards
 * @param claimed pages claimed and not yet taken
 * @param shutdown the shutdown reason; -1 while the domain lives
 */
record Outcome(String answer, PodCounters counters, long maxPages, long claimed, int shutdown) {
    static Outcome of(Step step, Xenctrl xenctrl, int domid) {
        String answer;
        try {
            answer = Long.toString(step.on(xenctrl, domid));
        } catch (HypercallException e) {
            answer = e.errno().symbol();
        } catch (XenLibException e) {
            answer = e.errno().symbol();
        }
        DomainInfo info = xenctrl.domains().info(domid).orElseThrow();
        return new Outcome(
                answer,
                xenctrl.memory().podTarget(domid),
                info.maxPages(),
                info.outstandingPages(),
                info.shutdown() ? info.shutdownReason() : -1);
    }
}

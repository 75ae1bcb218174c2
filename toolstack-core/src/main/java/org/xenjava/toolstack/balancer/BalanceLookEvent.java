// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * One look of a balancer, as an event of the JVM's Flight Recorder. It costs nothing while the recorder is off.
 */
@Name("org.xenjava.toolstack.BalanceLook")
@Label("Memory balance")
@Category("Xen")
@Description("A balancer's look at the host, in pages of 4 KiB")
@StackTrace(false)
final class BalanceLookEvent extends Event {
    @Label("Free pages")
    long freePages;

    @Label("Domains")
    int domains;

    @Label("Domains that take part")
    int sharing;

    @Label("Targets set")
    int targets;

    @Label("Requests")
    int requests;

    @Label("Findings")
    int findings;

    static void record(BalanceView view) {
        BalanceLookEvent event = new BalanceLookEvent();
        if (!event.isEnabled()) {
            return;
        }
        event.freePages = view.snapshot().freePages();
        event.domains = view.snapshot().guests().size();
        event.sharing = view.decision().shares().size();
        event.targets = view.decision().targets().size();
        event.requests = view.snapshot().requests().size();
        event.findings = view.decision().findings().size();
        event.commit();
    }
}

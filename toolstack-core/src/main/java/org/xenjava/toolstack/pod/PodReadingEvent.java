// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * One reading of a domain by a guard, as an event of the JVM's Flight Recorder. It costs nothing while the recorder
 * is off.
 */
@Name("org.xenjava.toolstack.PodReading")
@Label("Populate-on-demand reading")
@Category("Xen")
@Description("A guard's reading of a domain, in pages of 4 KiB")
@StackTrace(false)
final class PodReadingEvent extends Event {
    @Label("Domid")
    int domid;

    @Label("Name")
    String name = "";

    @Label("State")
    String state = "";

    @Label("Pages owned")
    long totPages;

    @Label("Pages in the cache")
    long cachePages;

    @Label("Entries")
    long entries;

    @Label("Debt")
    @Description("Entries without a page; negative for a surplus")
    long debtPages;

    @Label("Pages lent by the host")
    long coveredPages;

    static void record(GuardStatus status) {
        PodReadingEvent event = new PodReadingEvent();
        if (!event.isEnabled()) {
            return;
        }
        event.domid = status.pod().domid();
        event.name = status.pod().name();
        event.state = status.state().name();
        event.totPages = status.pod().totPages().count();
        event.cachePages = status.pod().cache().count();
        event.entries = status.pod().entries().count();
        event.debtPages = status.pod().debtPages();
        event.coveredPages = status.coveredPages();
        event.commit();
    }
}

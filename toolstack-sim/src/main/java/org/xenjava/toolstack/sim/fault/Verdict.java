// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

import org.xenjava.toolstack.xenctrl.lib.Errno;

/** What becomes of a call. */
public sealed interface Verdict {
    /** It goes through. */
    record Passes() implements Verdict {}

    /** It fails with that errno, and nothing below hears of it. */
    record Fails(Errno errno) implements Verdict {}

    /** It takes its effect, and its caller hears of a failure: the answer was lost on the way. */
    record LosesAnswer(Errno errno) implements Verdict {}

    /** The process dies before it. */
    record Kills() implements Verdict {}
}

// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The outcome of a call under fault injection. */
public sealed interface Verdict {
    /** The call passes. */
    record Passes() implements Verdict {}

    /**
     * The call fails and does not reach the libraries below.
     *
     * @param errno the reported errno
     */
    record Fails(Errno errno) implements Verdict {}

    /**
     * The call takes effect and reports a failure, as if its answer were lost.
     *
     * @param errno the reported errno
     */
    record LosesAnswer(Errno errno) implements Verdict {}

    /** The process is killed before the call takes effect. */
    record Kills() implements Verdict {}
}

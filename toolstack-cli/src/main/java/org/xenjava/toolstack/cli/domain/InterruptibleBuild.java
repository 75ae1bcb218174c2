// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.util.function.Function;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.progress.Cancellation;

/** A build that Ctrl-C cancels. The command ends after the build is undone. */
final class InterruptibleBuild {
    private InterruptibleBuild() {}

    static <T> T run(Session session, Function<Cancellation, T> build) {
        Cancellation cancellation = new Cancellation();
        return session.caller().untilStopped(cancellation::cancel, () -> build.apply(cancellation));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.util.function.Function;
import org.xenjava.toolstack.cli.command.SignalShutdown;
import org.xenjava.toolstack.progress.Cancellation;

/** A build that Ctrl-C cancels. The process ends after the build is undone. */
final class InterruptibleBuild {
    private InterruptibleBuild() {}

    static <T> T run(Function<Cancellation, T> build) {
        Cancellation cancellation = new Cancellation();
        return SignalShutdown.run(cancellation::cancel, () -> build.apply(cancellation));
    }
}

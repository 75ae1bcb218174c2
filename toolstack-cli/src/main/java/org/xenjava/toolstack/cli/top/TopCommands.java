// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.top;

import java.util.Map;
import java.util.function.Function;
import org.xenjava.toolstack.cli.command.Session;

/** The command of this package by name. */
public final class TopCommands {
    private TopCommands() {}

    public static Map<String, Function<Session, Object>> byName() {
        return Map.of("top", TopCommand::new);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import java.nio.file.Path;
import org.xenjava.toolstack.ToolstackOptions;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.config.xl.XlConf;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.memory.RoomPolicy;

/** Applies the host's xl.conf to the options with which a command opens Xen. */
final class HostSettings {
    private HostSettings() {}

    /** A file that has no meaning is reported and otherwise ignored: it must not keep a host from being managed. */
    static ToolstackOptions apply(ToolstackOptions options, Path file, Console console) {
        XlConf settings = XlConf.DEFAULT;
        try {
            settings = XlConf.read(file);
        } catch (ConfigException e) {
            console.complain(String.valueOf(e.getMessage()));
        }
        settings.lockFile().ifPresent(options::xlLock);
        return options.room(
                switch (settings.autoballoon()) {
                    case AUTO -> RoomPolicy.unlessFixed();
                    case ON -> RoomPolicy.always();
                    case OFF -> RoomPolicy.never();
                });
    }
}

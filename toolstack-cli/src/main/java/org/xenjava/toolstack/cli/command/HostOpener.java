// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.ToolstackOptions;

/** Opens the Xen host that a command works on. Called at most once per command, and only if it needs one. */
@FunctionalInterface
public interface HostOpener {
    Toolstack open(ToolstackOptions options);
}

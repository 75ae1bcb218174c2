// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.xenjava.toolstack.cli.command.Session;

/** The commands of this package by name, in the order in which the help lists them. */
public final class ProcessorCommands {
    private ProcessorCommands() {}

    public static Map<String, Function<Session, Object>> byName() {
        Map<String, Function<Session, Object>> commands = new LinkedHashMap<>();
        commands.put("vcpu-list", VcpuListCommand::new);
        commands.put("vcpu-pin", VcpuPinCommand::new);
        commands.put("vcpu-set", VcpuSetCommand::new);
        commands.put("sched-credit", SchedCreditCommand::new);
        commands.put("sched-credit2", SchedCredit2Command::new);
        commands.put("cpupool-create", CpupoolCreateCommand::new);
        commands.put("cpupool-list", CpupoolListCommand::new);
        commands.put("cpupool-destroy", CpupoolDestroyCommand::new);
        commands.put("cpupool-rename", CpupoolRenameCommand::new);
        commands.put("cpupool-cpu-add", CpupoolCpuAddCommand::new);
        commands.put("cpupool-cpu-remove", CpupoolCpuRemoveCommand::new);
        commands.put("cpupool-migrate", CpupoolMigrateCommand::new);
        commands.put("cpupool-numa-split", CpupoolNumaSplitCommand::new);
        return commands;
    }
}

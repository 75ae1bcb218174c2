// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.processor;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/**
 * A pool of CPUs as a file describes it.
 *
 * @param name its name; empty if the file has none
 * @param scheduler its scheduler; empty for that of pool 0
 * @param cpus its CPUs; empty for none
 */
public record CpuPoolConfig(String name, Optional<Scheduler> scheduler, Optional<CpuList> cpus) {}

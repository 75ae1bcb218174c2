// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.util.Optional;
import org.xenjava.toolstack.create.DeviceModel;

/** The device models of a host: what a build wants of them, and what their guests' owner does. */
public interface DeviceModels extends DeviceModel {
    /** The process that serves the domain now, whoever started it; empty if there is none. */
    Optional<QemuProcess> process(int domid);
}

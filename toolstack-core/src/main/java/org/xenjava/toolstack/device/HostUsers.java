// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.device.plan.QemuUser;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses.DeviceModelUser;

/** The users of {@code /etc/passwd}; those of a directory service are not looked up. */
final class HostUsers {
    private static final Logger LOG = LoggerFactory.getLogger(HostUsers.class);
    private static final Path PASSWD = Path.of("/etc/passwd");
    private static final int UID = 2;
    private static final int GID = 3;

    private HostUsers() {}

    static Optional<DeviceModelUser> find(String name) {
        try {
            return Files.readAllLines(PASSWD, StandardCharsets.ISO_8859_1).stream()
                    .map(line -> line.split(":"))
                    .filter(fields -> fields.length > GID && fields[0].equals(name))
                    .filter(fields -> (fields[UID] + fields[GID]).matches("[0-9]{2,20}"))
                    .map(fields -> new DeviceModelUser(Long.parseLong(fields[UID]), Long.parseLong(fields[GID])))
                    .findFirst();
        } catch (IOException e) {
            LOG.debug("{} cannot be read: {}", PASSWD, e.getMessage());
            return Optional.empty();
        }
    }

    /** Whether only the device model of that domain can have the user. */
    static boolean isReserved(long uid, int domid) {
        return uid == QemuUser.FIRST_UID + domid
                || find(QemuUser.RANGE_NAME)
                        .filter(range -> uid == range.uid() + domid)
                        .isPresent();
    }
}

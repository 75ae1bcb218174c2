// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import java.util.List;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;

@Command(
        description =
                "List the channels of domains, with the state of each in the guest (4 is connected) and the path of"
                        + " its terminal or socket in domain 0.")
final class ChannelListCommand extends DeviceListCommand {
    ChannelListCommand(Session session) {
        super(session);
    }

    @Override
    Object documents(List<Domain> asked) {
        return DeviceTables.channelDocuments(asked);
    }

    @Override
    List<String> lines(List<Domain> asked) {
        return DeviceTables.channelLines(asked);
    }
}

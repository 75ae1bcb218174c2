// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.imagefile.ImageFiles;
import org.xenjava.toolstack.memory.PodPolicy;

class CreatePlanTest {
    @ParameterizedTest
    @ValueSource(strings = {"disk=['/dev/vg/guest,raw,xvda,rw']", "vif=['bridge=xenbr0']", "type='hvm'"})
    void whatNobodyWouldAttachIsRefusedBeforeAFileIsRead(String line) {
        String text = line.startsWith("type") ? "" : "type='pvh'\nkernel='/no/such/kernel'\n";
        DomainConfig config = XlConfigReader.parse("name='guest'\nmemory=256\n" + text + line + "\n", "guest.cfg")
                .config();
        ConfigException e = assertThrows(
                ConfigException.class,
                () -> CreatePlan.of(config, PodPolicy.standard(), GuestServices.none(), new ImageFiles()));
        assertTrue(e.getMessage().contains("guest"), e.getMessage());
    }
}

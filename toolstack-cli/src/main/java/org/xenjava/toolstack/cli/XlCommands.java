// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.Arrays;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/** The commands of xl 4.17, all 92. */
final class XlCommands {
    static final SortedSet<String> NAMES = Collections.unmodifiableSortedSet(new TreeSet<>(Arrays.asList(
            ("""
            create config-update list destroy shutdown reboot pause unpause console vncviewer
            save restore migrate migrate-receive remus dump-core rename trigger sysrq button-press debug-keys dmesg top
            mem-max mem-set vcpu-list vcpu-pin vcpu-set vm-list info uptime sharing claims domid domname
            cd-insert cd-eject block-attach block-list block-detach network-attach network-list network-detach
            channel-list vtpm-attach vtpm-list vtpm-detach vkb-attach vkb-list vkb-detach
            vdispl-attach vdispl-list vdispl-detach vsnd-attach vsnd-list vsnd-detach
            pci-attach pci-detach pci-list pci-assignable-add pci-assignable-remove pci-assignable-list
            usbctrl-attach usbctrl-detach usbdev-attach usbdev-detach usb-list
            sched-credit sched-credit2 sched-rtds
            cpupool-create cpupool-list cpupool-destroy cpupool-rename cpupool-cpu-add cpupool-cpu-remove
            cpupool-migrate cpupool-numa-split
            psr-hwinfo psr-cmt-attach psr-cmt-detach psr-cmt-show psr-cat-set psr-cat-show psr-mba-set psr-mba-show
            getenforce setenforce loadpolicy devd qemu-monitor-command set-parameters
            """)
                    .split("\\s+"))));

    private XlCommands() {}
}

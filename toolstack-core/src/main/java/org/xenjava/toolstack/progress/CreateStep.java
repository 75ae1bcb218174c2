// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.progress;

import java.util.Locale;
import org.xenjava.toolstack.error.OperationStep;

/** The steps of a create, in their order. */
public enum CreateStep implements OperationStep {
    /** The build is recorded in xenstore, so that another process can clean up if this one dies. */
    RECORD_BUILD("record the build"),
    /** No domain with the UUID exists. */
    CHECK_UUID("check the UUID"),
    /** A domain that was prepared gets the UUID; it stands for the steps up to the special pages. */
    TAKE_PREPARED("take a prepared domain"),
    /** Xen creates an empty, paused domain. */
    CREATE_DOMAIN("create the domain"),
    /** Xen allocates the vCPUs. */
    ALLOCATE_VCPUS("allocate vCPUs"),
    /** The domain gets its max_mem. */
    LIMIT_MEMORY("limit memory"),
    /** The domain gets memory for its page tables. */
    SIZE_PAGING_POOL("size the paging pool"),
    /** The vCPUs get their features. */
    SET_CPU_POLICY("set the CPU policy"),
    /** Host memory is reserved for the build. */
    CLAIM_MEMORY("claim host memory"),
    /** Xen gets the NUMA nodes that the guest sees. */
    SET_VIRTUAL_NODES("set the virtual NUMA nodes"),
    /** Xen gets the PoD target, before the first page. */
    SET_POD_TARGET("set the PoD target"),
    /** The domain gets its RAM, or populate-on-demand entries. */
    POPULATE_RAM("populate RAM"),
    /** The domain gets the pages that it shares with Xen and daemons. */
    POPULATE_SPECIAL_PAGES("populate special pages"),
    /** The kernel of a PVH guest with its ACPI tables, or the firmware of an HVM guest, is copied into its memory. */
    LOAD_IMAGE("load the image"),
    /** The memory and the vCPU state of a saved domain are read. */
    READ_STREAM("read the saved memory"),
    /** Xen gets the guest's memory map. */
    DESCRIBE_MEMORY("describe memory"),
    /** The ports to xenstored and xenconsoled are allocated. */
    OPEN_EVENT_CHANNELS("open event channels"),
    /** A PV guest gets its start info and the page that it shares with Xen. */
    WRITE_START_INFO("write the start info"),
    /** A PV guest gets its page tables and the list of its machine frames. */
    WRITE_PAGE_TABLES("write page tables"),
    /** Xen checks the page tables of a PV guest. */
    PIN_PAGE_TABLES("pin the page tables"),
    /** Xen gets the domain's HVM parameters. */
    SET_HVM_PARAMETERS("set HVM parameters"),
    /** vCPU 0 gets its first state. */
    SET_VCPU_STATE("set vCPU state"),
    /** The grant table gets the entries of xenstored and xenconsoled. */
    SEED_GRANT_TABLE("seed the grant table"),
    /** The counters of the domain are compared with the plan. */
    VERIFY_MEMORY("verify the memory"),
    /** The domain's nodes are written in one transaction. */
    WRITE_XENSTORE("write xenstore"),
    /** The configuration is stored for libxl, so that xl's verbs work on the domain. */
    STORE_CONFIG("store the configuration for libxl"),
    /** The guest that migrates here is recorded. */
    RECORD_ARRIVAL("record the arrival"),
    /** xenstored connects to the domain. */
    INTRODUCE("introduce to xenstored"),
    /** The nodes of the disks are written, and image files get their loop devices. */
    ATTACH_DISKS("attach disks"),
    /** The nodes of the network cards are written. */
    ATTACH_NICS("attach network cards"),
    /** The nodes of the channels, shares, screens and keyboards are written. */
    ATTACH_OTHER_DEVICES("attach other devices"),
    /** The guest may use ports, memory and interrupts of the host. */
    GRANT_HARDWARE("grant access to hardware"),
    /** The nodes of the disks of a restored guest are written. Nothing is opened. */
    PREPARE_DISKS("prepare disks"),
    /** dom0's back ends wait for the block devices of the disks. */
    AWAIT_PREPARED_DISKS("await prepared disks"),
    /** The disks that were prepared are opened, and image files get their loop devices. */
    OPEN_DISKS("open disks"),
    /** dom0's back ends have accepted the disks and wait for the guest. */
    AWAIT_DISKS("await disks"),
    /** QEMU is started. */
    START_DEVICE_MODEL("start the device model"),
    /** QEMU reports that it serves the domain. */
    AWAIT_DEVICE_MODEL("await the device model"),
    /** QEMU gets the state of the devices of a saved guest. */
    LOAD_DEVICE_STATE("load the state of the devices"),
    /** QEMU has loaded it. */
    AWAIT_DEVICE_STATE("await the state of the devices"),
    /** QEMU serves the paravirtual disks of a guest without emulated ones. */
    AWAIT_DEVICE_MODEL_DISKS("await the device model's disks"),
    /** QEMU serves the channels, shares, screens and keyboards. */
    AWAIT_OTHER_DEVICES("await other devices"),
    /** The guest gets PCI devices of the host. */
    ATTACH_PCI_DEVICES("attach PCI devices"),
    /** The guest gets USB controllers and USB devices of the host. */
    ATTACH_USB_DEVICES("attach USB devices"),
    /** The back ends of the network cards wait for the guest, and the cards join their bridges. */
    CONNECT_NICS("connect network cards"),
    /** The rest of the claim is released. */
    RELEASE_CLAIM("release the claim"),
    /** The host lends the pages that the guest lacks until its balloon driver has worked. */
    BACK_BOOT("back the boot"),
    /** The record of the build is removed. */
    REMOVE_RECORD("remove the record of the build");

    private final String words;

    CreateStep(String words) {
        this.words = words;
    }

    @Override
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public String words() {
        return words;
    }
}

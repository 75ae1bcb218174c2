// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.progress;

import java.util.Locale;
import org.xenjava.toolstack.create.DomainBuilder;
import org.xenjava.toolstack.error.OperationStep;

/** The steps of a create, in their order. {@link DomainBuilder} holds the recipe. */
public enum CreateStep implements OperationStep {
    /** Other processes find a build by its record if this process dies. */
    RECORD_BUILD("record the build"),
    CHECK_UUID("check the UUID"),
    CREATE_DOMAIN("create the domain"),
    ALLOCATE_VCPUS("allocate vCPUs"),
    LIMIT_MEMORY("limit memory"),
    SIZE_PAGING_POOL("size the paging pool"),
    SET_CPU_POLICY("set the CPU policy"),
    CLAIM_MEMORY("claim host memory"),
    SET_POD_TARGET("set the PoD target"),
    POPULATE_RAM("populate RAM"),
    POPULATE_SPECIAL_PAGES("populate special pages"),
    /** The kernel of a PVH guest with its ACPI tables, or the firmware of an HVM guest. */
    LOAD_IMAGE("load the image"),
    RELEASE_CLAIM("release the claim"),
    DESCRIBE_MEMORY("describe memory"),
    OPEN_EVENT_CHANNELS("open event channels"),
    SET_HVM_PARAMETERS("set HVM parameters"),
    SET_VCPU_STATE("set vCPU state"),
    SEED_GRANT_TABLE("seed the grant table"),
    VERIFY_MEMORY("verify the memory"),
    WRITE_XENSTORE("write xenstore"),
    INTRODUCE("introduce to xenstored"),
    ATTACH_DISKS("attach disks"),
    START_DEVICE_MODEL("start the device model"),
    AWAIT_DEVICE_MODEL("await the device model"),
    /** The paravirtual disks that QEMU serves, of a guest that has no emulated ones. */
    AWAIT_DEVICE_MODEL_DISKS("await the device model's disks"),
    ATTACH_NICS("attach network cards"),
    /** The pages that the guest lacks until its balloon driver has worked are lent. */
    BACK_BOOT("back the boot"),
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

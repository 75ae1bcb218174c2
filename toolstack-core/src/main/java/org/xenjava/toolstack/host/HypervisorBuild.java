// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

/**
 * The running Xen and how it was built.
 *
 * @param major first number of the version
 * @param minor second number of the version
 * @param extra end of the version, such as {@code .7}
 * @param capabilities kinds of guests, such as {@code xen-3.0-x86_64 hvm-3.0-x86_64 }, as Xen writes them
 * @param pageSize size of a page in bytes
 * @param virtualStart first virtual address of Xen
 * @param changeSet revision of the source; empty if Xen does not know it
 * @param commandLine options with which Xen was booted
 * @param compiler compiler and its version
 * @param compiledBy user who compiled Xen
 * @param compiledIn domain of that user
 * @param compileDate date of the build
 * @param buildId identification by the linker in hexadecimal; empty if there is none
 */
public record HypervisorBuild(
        int major,
        int minor,
        String extra,
        String capabilities,
        int pageSize,
        long virtualStart,
        String changeSet,
        String commandLine,
        String compiler,
        String compiledBy,
        String compiledIn,
        String compileDate,
        String buildId) {
    /** {@return the whole version, such as {@code 4.17.7}} */
    public String version() {
        return major + "." + minor + extra;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.userdata;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.xenctrl.lib.AdvisoryLocks;

/**
 * libxl's files of domains, each read and written under libxl's lock. A file's name has the domain's number and the UUID
 * that the hypervisor has for it, so the files of two domains never mix.
 */
public interface Userdata {
    /** libxl's directory. */
    Path LIBXL_DIRECTORY = Path.of("/var/lib/xen");

    /** {@return whether anything is stored} */
    boolean isOn();

    /** Stores the configuration of a domain that exists. */
    void write(int domid, UUID uuid, LibxlConfig config);

    /**
     * {@return the stored configuration of a domain; empty if there is none}
     *
     * @throws org.xenjava.toolstack.error.ConfigException if the file is no configuration
     */
    Optional<LibxlConfig> read(int domid, UUID uuid);

    /**
     * Changes the stored configuration of a domain, if there is one.
     *
     * @param exists whether the domain still exists; asked under the lock, because nobody removes the files of a domain
     *     that is gone
     */
    void change(int domid, UUID uuid, BooleanSupplier exists, UnaryOperator<LibxlConfig> change);

    /** {@return the text that xl config-update has stored for the next boot; empty if there is none} */
    Optional<String> nextConfig(int domid, UUID uuid);

    /** Stores an xl.cfg for the next boot, as xl config-update does. */
    void writeNextConfig(int domid, UUID uuid, String text);

    /** Removes what {@link #writeNextConfig} or xl config-update has stored. */
    void removeNextConfig(int domid, UUID uuid);

    /** Gives the files of a domain that has got another UUID their new names. */
    void move(int domid, UUID before, UUID after);

    /** Removes all files of a domain. Does nothing if there are none. */
    void remove(int domid, UUID uuid);

    /** {@return files that are nowhere: nothing is stored} */
    static Userdata none() {
        return new NoUserdata();
    }

    /**
     * {@return the files in a directory}
     *
     * @param directory libxl's directory, or one like it
     * @param locks excludes other processes
     * @param pause waits between two tries to get a lock
     */
    static Userdata in(Path directory, AdvisoryLocks locks, Consumer<Duration> pause) {
        return new StoredUserdata(directory, new UserdataLock(locks, pause));
    }
}

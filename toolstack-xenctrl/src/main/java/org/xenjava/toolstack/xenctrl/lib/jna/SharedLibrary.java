// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;

/**
 * Xen's C libraries, each loaded at its first use and kept for the life of the JVM. They are asked for by SONAME:
 * the bare {@code .so} names exist only where development packages are installed.
 */
enum SharedLibrary {
    XENCALL("libxencall1", LibXenCall.class, "libxencall.so.1"),
    XENFOREIGNMEMORY("libxenforeignmemory1", LibXenForeignMemory.class, "libxenforeignmemory.so.1"),
    XENEVTCHN("libxenevtchn1", LibXenEventChannels.class, "libxenevtchn.so.1"),
    XENDEVICEMODEL("libxendevicemodel1", LibXenDeviceModel.class, "libxendevicemodel.so.1"),
    /** 4 since Xen 4.16; the functions used here are in both. */
    XENSTORE(
            "libxenstore4, before Xen 4.16 libxenstore3.0",
            LibXenStore.class,
            "libxenstore.so.4",
            "libxenstore.so.3.0");

    private static boolean libcLoaded;

    /** Names the package, or several with the release that each is for. */
    final String debianPackage;

    private final Class<?> functions;
    final List<String> sonames;
    private @Nullable NativeLibrary loaded;

    SharedLibrary(String debianPackage, Class<?> functions, String... sonames) {
        this.debianPackage = debianPackage;
        this.functions = functions;
        this.sonames = List.of(sonames);
    }

    /**
     * Loads the library and binds its functions; does nothing the second time.
     *
     * @throws XenAccessException if it is not installed, or JNA does not work here
     */
    synchronized NativeLibrary load() {
        NativeLibrary library = loaded;
        if (library == null) {
            loadLibc();
            library = find(sonames, debianPackage);
            try {
                Native.register(functions, library);
            } catch (UnsatisfiedLinkError e) {
                throw new XenAccessException(
                        library.getName() + " is older than that of Xen 4.14: " + e.getMessage(), e);
            }
            loaded = library;
        }
        return library;
    }

    /** The first of the libraries that can be loaded. */
    static NativeLibrary find(List<String> sonames, String debianPackage) {
        UnsatisfiedLinkError reason = new UnsatisfiedLinkError("no name given");
        for (String soname : sonames) {
            try {
                return NativeLibrary.getInstance(soname);
            } catch (UnsatisfiedLinkError e) {
                reason = e;
            }
        }
        throw new XenAccessException(
                "Cannot load " + String.join(" or ", sonames) + ": install Xen's client libraries (Debian, Ubuntu: "
                        + debianPackage + "; Fedora: xen-libs)",
                reason);
    }

    static synchronized void loadLibc() {
        if (!libcLoaded) {
            try {
                Native.register(LibC.class, NativeLibrary.getProcess());
            } catch (LinkageError e) {
                // NoClassDefFoundError from the second attempt on.
                throw new XenAccessException(
                        "JNA cannot load its native part (" + e.getMessage() + "): it unpacks it into -Djna.tmpdir, by"
                                + " default below the temporary directory, which must not be mounted noexec",
                        e);
            }
            libcLoaded = true;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.xenjava.toolstack.sim.dom0.Dom0;
import org.xenjava.toolstack.sim.dom0.ImageWriters;
import org.xenjava.toolstack.sim.dom0.ServingDomain;
import org.xenjava.toolstack.sim.fault.FaultInjection;
import org.xenjava.toolstack.sim.fault.HotplugBehaviour;
import org.xenjava.toolstack.sim.guest.GuestFactory;
import org.xenjava.toolstack.sim.guest.GuestHandle;
import org.xenjava.toolstack.sim.guest.QemuHandle;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.sim.guestos.Guests;
import org.xenjava.toolstack.sim.guestos.SuspendedGuests;
import org.xenjava.toolstack.sim.machine.Hardware;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.MachineSize;
import org.xenjava.toolstack.sim.machine.MachineSize.PvGuests;
import org.xenjava.toolstack.sim.machine.PciBus;
import org.xenjava.toolstack.sim.machine.PciCard;
import org.xenjava.toolstack.sim.machine.UsbBuses;
import org.xenjava.toolstack.sim.machine.UsbGadget;
import org.xenjava.toolstack.sim.machine.VirtualTime;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses;
import org.xenjava.toolstack.xenctrl.lib.XenHost;
import org.xenjava.toolstack.xenctrl.lib.XenHost.GuestWorth;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * A simulated machine with Xen. The simulation decodes the bytes of hypercalls as the chosen release does, and follows
 * Xen's rules of memory: populate-on-demand with cache, reclaim and crash, claims, limits, and pages that stay while
 * they are mapped. {@code docs/simulated-xen.md} describes what it was compared with and what it leaves out.
 *
 * <pre>{@code
 * SimulatedXen machine = SimulatedXen.builder()
 *         .guests(identity -> SimulatedGuest.with(BalloonDriver.of(BalloonFamily.LINUX).stoppingShortBy(98)))
 *         .build();
 * try (XenLibraries libraries = machine.connect()) {
 *     ... create a domain and unpause it ...
 *     machine.advance(Duration.ofMinutes(1));
 *     machine.guest(domid).orElseThrow().load();
 *     System.out.print(machine.console());
 * }
 * }</pre>
 *
 * <p>A domain costs the host its pages, its paging pool (256 pages at first), 20 pages, 10 for each vCPU and one for
 * each frame of its grant table.
 *
 * <p>The class is safe to use from many threads. Every connection from {@link #connect} reaches the same machine.
 * Guests act only while {@link #advance} lets time pass.
 */
public final class SimulatedXen {
    /** The serial number of a USB device of a builder. */
    private static final String SERIAL = "1";

    private final ReentrantLock lock = new ReentrantLock();
    private final VirtualTime time = new VirtualTime();
    private final Supplier<Boot> firmware;
    private final SuspendedGuests suspended;
    private final ImageWriters writers;
    private Boot boot;
    private int reboots;

    private SimulatedXen(Builder settings) {
        XenRelease release = settings.release;
        GuestFactory guestFactory = settings.guestFactory;
        List<String> blockDevices = List.copyOf(settings.blockDevices);
        List<String> bridges = List.copyOf(settings.bridges);
        boolean iommu = settings.iommu;
        List<PciCard> cards = List.copyOf(settings.cards);
        List<UsbGadget> gadgets = List.copyOf(settings.gadgets);
        MachineSize size = new MachineSize(
                settings.cpus,
                settings.nodes,
                settings.dom0Vcpus,
                settings.hostPages,
                settings.dom0Pages,
                settings.xenPages,
                settings.largestEntryOrder,
                settings.pvGuests,
                settings.commandLine,
                settings.preemptionPending);
        Hardware hardware = new Hardware(
                size, lock, time, () -> new PciBus(iommu, cards), () -> new UsbBuses(gadgets), this::reboot);
        Map<String, HotplugBehaviour> scripts = Map.copyOf(settings.scripts);
        suspended = settings.suspended;
        writers = settings.writers;
        firmware = () -> Boot.of(
                guestFactory,
                suspended,
                new Machine(release, hardware),
                machine -> new Dom0(machine, blockDevices, bridges, scripts, writers));
        boot = firmware.get();
    }

    /** Everything that runs on the computer from one boot to the next. */
    private record Boot(Machine machine, Dom0 dom0, Guests guests) {
        static Boot of(
                GuestFactory guestFactory,
                SuspendedGuests suspended,
                Machine machine,
                Function<Machine, Dom0> software) {
            Dom0 dom0 = software.apply(machine);
            Guests guests = new Guests(machine, dom0.store(), guestFactory, suspended);
            machine.addListener(guests);
            return new Boot(machine, dom0, guests);
        }
    }

    /**
     * Creates a machine with the builder's defaults.
     *
     * @return the machine
     */
    public static SimulatedXen create() {
        return builder().build();
    }

    /**
     * Starts the description of a machine.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return this machine as a host for a toolstack: what a process in dom0 finds} */
    public XenHost host() {
        return host(connect());
    }

    /**
     * Describes this machine as a host for a toolstack, through libraries of the caller's.
     *
     * @param libraries opened with {@link #connect}, and perhaps wrapped in something that injects faults or records
     * @return the host
     */
    public XenHost host(XenLibraries libraries) {
        DeviceModelProcesses deviceModels = dom0().deviceModels();
        return new XenHost(
                libraries,
                libraries instanceof FaultInjection faults ? faults.around(deviceModels) : deviceModels,
                new IdleFirmware(),
                GuestWorth.EXPENDABLE,
                dom0().controlDomain(),
                dom0().scripts());
    }

    /**
     * Opens Xen's libraries on this machine, as a process in dom0. The first use of xenstored connects to it, and ends
     * in a {@link org.xenjava.toolstack.xenctrl.lib.XenAccessException} while it is stopped.
     *
     * @return the libraries
     */
    public XenLibraries connect() {
        return dom0().connect();
    }

    /**
     * Lets virtual time pass. Everything that guests do in that time is done when the method returns. Virtual time
     * passes in no other way.
     *
     * @param duration 0 or more
     */
    public void advance(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("time does not run backwards: " + duration);
        }
        locked(() -> {
            time.advance(duration);
            return duration;
        });
    }

    /**
     * Reboots the computer at once, as its reset button or an expired watchdog timer of Xen does. Its domains are gone.
     * Every process of dom0 is gone as well: each later call through its libraries fails, with ENODEV or, to xenstored,
     * EPIPE. {@link #connect} reaches the new dom0, in which no guest has run. Virtual time continues.
     */
    public void reboot() {
        locked(() -> {
            boot.machine().stop();
            boot = firmware.get();
            return ++reboots;
        });
    }

    /** {@return how many times the computer was rebooted} */
    public int reboots() {
        return locked(() -> reboots);
    }

    /** {@return the machine's virtual time, which starts at the epoch and moves only by {@link #advance}} */
    public Clock clock() {
        return locked(() -> boot.machine().clock());
    }

    /**
     * {@return the guest in a domain; empty until the domain is unpaused for the first time, and after it was
     * destroyed}
     *
     * @param domid number of the domain
     */
    public Optional<GuestHandle> guest(int domid) {
        return locked(() -> boot.guests().find(domid));
    }

    /**
     * {@return the QEMU of a domain, if it has one}
     *
     * @param domid number of the domain
     */
    public Optional<QemuHandle> qemu(int domid) {
        return locked(() -> boot.dom0().qemu(domid));
    }

    /** {@return the network interfaces of dom0 that back ends and device models have created, by name} */
    public SortedMap<String, HostLink> hostLinks() {
        return locked(() -> {
            SortedMap<String, HostLink> links = new TreeMap<>();
            boot.dom0()
                    .networkInterfaces()
                    .forEach((name, link) -> links.put(
                            name, new HostLink(link.origin(), link.bridge(), link.mtu(), link.address(), link.up())));
            return links;
        });
    }

    /**
     * Sets the memory that dom0's programs use, which its balloon driver cannot give up. At first they use none.
     *
     * @param pages number of pages of 4 KiB
     */
    public void useDom0Memory(long pages) {
        locked(() -> {
            boot.dom0().use(pages);
            return pages;
        });
    }

    /**
     * {@return the calls of hotplug scripts since the boot, each as script, arguments and the back end's path below
     * {@code /local/domain/0}}
     */
    public List<String> scriptCalls() {
        return locked(() -> boot.dom0().scriptCalls());
    }

    /**
     * Plugs a USB device in.
     *
     * @param name Linux' name of its place, such as {@code 1-1.2}
     * @param bus number of its bus
     * @param device number of the device on the bus; Linux gives a device another number each time
     * @param driver the driver that dom0 loads for its interface, such as {@code usb-storage}
     * @param serial its serial number
     */
    public void plugUsbDevice(String name, int bus, int device, String driver, String serial) {
        locked(() -> {
            boot.machine().usb().plug(new UsbGadget(name, bus, device, driver, serial));
            return name;
        });
    }

    /**
     * Pulls a USB device out. A guest that has it keeps a device that does nothing.
     *
     * @param name Linux' name of its place
     */
    public void unplugUsbDevice(String name) {
        locked(() -> {
            boot.machine().usb().unplug(name);
            return name;
        });
    }

    /**
     * {@return the number of the domain that has a PCI device: 0 for dom0, 0x7FF1 in quarantine}
     *
     * @param address address of the device
     */
    public int pciOwner(String address) {
        return locked(() -> boot.machine().pci().owner(PciAddress.parse(address).orElseThrow()));
    }

    /**
     * {@return the value of a parameter that can be changed while Xen runs, 1 or 0 of a boolean; empty if there is none}
     *
     * @param name as on Xen's command line
     */
    public Optional<String> hypervisorParameter(String name) {
        return locked(() -> boot.machine().parameters().value(name));
    }

    /**
     * {@return the hardware of the host that a domain may use, such as {@code ports 60-64}, {@code frames a0-bf at a0} and {@code interrupt 5}}
     *
     * @param domid number of the domain
     */
    public List<String> hardwareRights(int domid) {
        return locked(() -> boot.machine().rights().words(domid));
    }

    /**
     * Starts a system with back ends in a domain, which then serves disks and network cards of other domains.
     *
     * @param domid number of a domain that runs
     * @param blockDevices paths of its block devices; image files are those of the computer that runs the simulation
     * @param bridges names of its bridges
     * @param scripts behaviour of its hotplug scripts, by path
     * @return the system
     */
    public SimulatedDriverDomain driverDomain(
            int domid, List<String> blockDevices, List<String> bridges, Map<String, HotplugBehaviour> scripts) {
        return locked(() -> new SimulatedDriverDomain(
                lock, new ServingDomain(boot.machine(), boot.dom0().store(), domid, blockDevices, bridges, scripts)));
    }

    /** {@return the output on Xen's console since its boot: at most the last 64 KiB} */
    public String console() {
        return locked(() -> boot.machine().console().text());
    }

    /**
     * Stops xenstored, as a crash does. Every process of dom0 loses its connection with all open transactions. Until
     * xenstored runs again, requests and {@link #connect} fail at once, with EPIPE and ECONNREFUSED. Then the next request
     * of a process, or its wait for a watch, connects again and registers its watches. Kernels, those of guests included,
     * keep their watches.
     */
    public void stopXenstored() {
        dom0().store().stop();
    }

    /** Starts xenstored after {@link #stopXenstored}, with its nodes and its introduced domains. */
    public void startXenstored() {
        dom0().store().start();
    }

    /**
     * Starts xenstored after {@link #stopXenstored}, with the nodes of a host after its boot and no introduced domain.
     * Domains that run are unknown to it until a toolstack introduces them again.
     */
    public void startXenstoredEmpty() {
        dom0().startXenstoredEmpty();
    }

    private Dom0 dom0() {
        return locked(() -> boot.dom0());
    }

    private <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    /** Describes a simulated machine. The defaults are a 6 GiB machine with a 1.5 GiB dom0. */
    public static final class Builder {
        private static final long LEFT_BY_DOM0 = 32_768;

        private XenRelease release = XenRelease.V4_17;
        private int cpus = 2;
        private int nodes = 1;
        private int dom0Vcpus = 2;
        private long hostPages = 1_572_731;
        private long dom0Pages = 393_216;
        private long xenPages = 16_683;
        private int largestEntryOrder = 9;
        private PvGuests pvGuests = PvGuests.SUPPORTED;
        private String commandLine = "dom0_mem=1536M,max:1536M";
        private BooleanSupplier preemptionPending = () -> false;
        private SuspendedGuests suspended = new SuspendedGuests();
        private ImageWriters writers = new ImageWriters();
        private GuestFactory guestFactory = identity -> SimulatedGuest.linux();

        private boolean iommu;
        private final List<PciCard> cards = new ArrayList<>();
        private final List<UsbGadget> gadgets = new ArrayList<>();
        private final List<String> blockDevices = new ArrayList<>();
        private final List<String> bridges = new ArrayList<>(List.of("xenbr0"));

        private final Map<String, HotplugBehaviour> scripts = new TreeMap<>(Map.of(
                "/etc/xen/scripts/vif-openvswitch", HotplugBehaviour.WORKS,
                "/etc/xen/scripts/vif-route", HotplugBehaviour.WORKS,
                "/etc/xen/scripts/vif-nat", HotplugBehaviour.WORKS,
                "/etc/xen/scripts/block-iscsi", HotplugBehaviour.WORKS));

        private Builder() {}

        /**
         * Installs a hotplug script. {@code vif-openvswitch}, {@code vif-route}, {@code vif-nat} and {@code
         * block-iscsi} of Xen's directory work by default.
         *
         * @param path absolute path of the script
         * @param behaviour what it does
         * @return this builder
         */
        public Builder hotplugScript(String path, HotplugBehaviour behaviour) {
            scripts.put(path, behaviour);
            return this;
        }

        /**
         * Sets the Xen release that the machine simulates; the default is 4.17. A release that is not out yet behaves
         * as the newest, with other interface versions.
         *
         * @param major 4
         * @param minor 14 or more
         * @return this builder
         * @throws IllegalArgumentException from {@link #build} if the release is older than those described
         */
        public Builder release(int major, int minor) {
            release = new XenRelease(major, minor);
            return this;
        }

        /**
         * Sets the number of the host's CPUs. Each is a core of its own.
         *
         * @param count number of CPUs; the default is 2
         * @return this builder
         */
        public Builder cpus(int count) {
            cpus = count;
            return this;
        }

        /**
         * Sets the number of the host's NUMA nodes, which have equal parts of the CPUs and of the memory.
         *
         * @param count number of nodes, at most as many as CPUs; the default is 1
         * @return this builder
         */
        public Builder nodes(int count) {
            nodes = count;
            return this;
        }

        /**
         * Sets the number of dom0's vCPUs.
         *
         * @param count number of vCPUs; the default is 2
         * @return this builder
         */
        public Builder dom0Vcpus(int count) {
            dom0Vcpus = count;
            return this;
        }

        /**
         * Sets the size of the host's memory.
         *
         * @param pages number of pages of 4 KiB; the default is 6 GiB
         * @return this builder
         */
        public Builder hostPages(long pages) {
            hostPages = pages;
            return this;
        }

        /**
         * Sets the memory that dom0 owns.
         *
         * @param pages number of pages of 4 KiB; the default is 1.5 GiB
         * @return this builder
         */
        public Builder dom0Pages(long pages) {
            dom0Pages = pages;
            return this;
        }

        /**
         * Sets the memory that Xen takes for itself at boot.
         *
         * @param pages number of pages of 4 KiB
         * @return this builder
         */
        public Builder xenPages(long pages) {
            xenPages = pages;
            return this;
        }

        /**
         * Sets Xen's command line. Without {@code dom0_mem=}, no limit keeps dom0 from growing; with it, dom0 cannot grow
         * beyond {@link #dom0Pages}. With {@code dom0=pvh}, dom0 is a PVH domain.
         *
         * @param text the text after Xen's own name
         * @return this builder
         */
        public Builder commandLine(String text) {
            commandLine = text;
            return this;
        }

        /**
         * Boots Xen without {@code dom0_mem=}: dom0 owns all memory except for 128 MiB.
         *
         * @return this builder
         */
        public Builder dom0OwnsAllMemory() {
            commandLine = "";
            dom0Pages = hostPages - xenPages - LEFT_BY_DOM0;
            return this;
        }

        /**
         * Gives the host a CPU with pages of 1 GiB in hardware-assisted paging, instead of at most 2 MiB.
         *
         * @return this builder
         */
        public Builder gigabytePages() {
            largestEntryOrder = 18;
            return this;
        }

        /**
         * Gives the host a CPU with pages of 4 KiB only.
         *
         * @return this builder
         */
        public Builder smallPagesOnly() {
            largestEntryOrder = 0;
            return this;
        }

        /**
         * Boots a Xen that was built without PV guests ({@code CONFIG_PV=n}).
         *
         * @return this builder
         */
        public Builder withoutPvGuests() {
            pvGuests = PvGuests.LEFT_OUT;
            return this;
        }

        /**
         * Decides whether an emergency sweep for zero pages may give up because other work waits for the CPU
         * (XSA-150). By default it never gives up, which is the most forgiving behaviour.
         *
         * @param pending called during the sweep; true lets it give up
         * @return this builder
         */
        public Builder preemptionPending(BooleanSupplier pending) {
            preemptionPending = pending;
            return this;
        }

        /**
         * Chooses the guests of domains; the default is {@link SimulatedGuest#linux} in all of them.
         *
         * @param factory called when a domain is unpaused for the first time
         * @return this builder
         */
        public Builder guests(GuestFactory factory) {
            guestFactory = factory;
            return this;
        }

        /**
         * Lets guests migrate between this machine and another. Each machine has a virtual time of its own; a guest
         * that has suspended on one of them continues on the other when its saved state is loaded there. An image file is
         * the same on both.
         *
         * @param other a machine
         * @return this builder
         */
        public Builder partnerOf(SimulatedXen other) {
            suspended = other.suspended;
            writers = other.writers;
            return this;
        }

        /**
         * Adds a block device to dom0, such as {@code /dev/vg/web}; the default is none. Image files are those of the
         * computer that runs the simulation.
         *
         * @param path absolute path of the device
         * @return this builder
         */
        public Builder blockDevice(String path) {
            blockDevices.add(path);
            return this;
        }

        /**
         * Gives the host an IOMMU, and dom0 the driver xen-pciback: PCI devices can be passed through to guests.
         *
         * @return this builder
         */
        public Builder iommu() {
            iommu = true;
            return this;
        }

        /**
         * Adds a PCI device that the IOMMU can tell from every other one.
         *
         * @param address address such as {@code 0000:00:08.0}
         * @param driver the driver that dom0 has loaded for it, such as {@code e1000}; empty if none
         * @return this builder
         */
        public Builder pciDevice(String address, String driver) {
            return pciDevice(address, driver, cards.size());
        }

        /**
         * Adds a PCI device to a group of devices that the IOMMU cannot tell apart.
         *
         * @param address address such as {@code 0000:00:08.0}
         * @param driver the driver that dom0 has loaded for it, such as {@code e1000}; empty if none
         * @param group number of the group
         * @return this builder
         */
        public Builder pciDevice(String address, String driver, int group) {
            cards.add(new PciCard(
                    PciAddress.parse(address).orElseThrow(), driver, group, cards.size(), Optional.empty()));
            return this;
        }

        /**
         * Reserves memory for a PCI device that was added before, as an RMRR of the firmware does.
         *
         * @param address address of the device
         * @param firstFrame the first page frame
         * @param frames number of pages
         * @return this builder
         */
        public Builder reservedMemory(String address, long firstFrame, long frames) {
            PciAddress device = PciAddress.parse(address).orElseThrow();
            cards.replaceAll(
                    card -> card.address().equals(device) ? card.with(new PciCard.Reserved(firstFrame, frames)) : card);
            return this;
        }

        /**
         * Adds a USB device with one interface.
         *
         * @param name Linux' name of its place, such as {@code 1-1.2}
         * @param bus number of its bus
         * @param device number of the device on the bus
         * @param driver the driver that dom0 has loaded for it, such as {@code usb-storage}; {@code hub} for a hub
         * @return this builder
         */
        public Builder usbDevice(String name, int bus, int device, String driver) {
            gadgets.add(new UsbGadget(name, bus, device, driver, SERIAL));
            return this;
        }

        /**
         * Adds a bridge to dom0; {@code xenbr0} always exists.
         *
         * @param name name of the bridge
         * @return this builder
         */
        public Builder bridge(String name) {
            bridges.add(name);
            return this;
        }

        /**
         * Creates the machine.
         *
         * @return the machine
         */
        public SimulatedXen build() {
            return new SimulatedXen(this);
        }
    }
}

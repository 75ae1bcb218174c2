// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

class ToolstackExceptionTest {
    private static final UUID WEB = UUID.fromString("00000000-0000-4000-8000-000000000005");
    private static final UUID OTHER = UUID.fromString("00000000-0000-4000-8000-000000000006");

    private record Step(String id, String words) implements OperationStep {}

    private static final Step POPULATE = new Step("fill-memory", "fill the memory");
    private static final Step BUILD = new Step("build", "build the domain");

    /** One failure of each type, with the advice that its documentation gives. */
    private record Failure(ToolstackException exception, Retry retry) {}

    private static Stream<Failure> failures() {
        return Stream.of(
                new Failure(new ConfigException("x"), Retry.AFTER_CHANGE),
                new Failure(new CoreDumpException("x", null), Retry.AFTER_CHANGE),
                new Failure(new DeviceException("x"), Retry.AFTER_CHANGE),
                new Failure(new DeviceModelException("x"), Retry.AFTER_CHANGE),
                new Failure(new DomainExistsException("x"), Retry.AFTER_CHANGE),
                new Failure(new DomainFileException("x", null), Retry.AFTER_CHANGE),
                new Failure(new DomainGoneException("x"), Retry.NEVER),
                new Failure(new DomainNotFoundException("x"), Retry.AFTER_CHANGE),
                new Failure(new DomainStateException("x"), Retry.AFTER_CHANGE),
                new Failure(new HostMemoryException("x"), Retry.LATER),
                new Failure(new KernelImageException("x"), Retry.AFTER_CHANGE),
                new Failure(new OperationCancelledException("x"), Retry.LATER),
                new Failure(new OperationTimeoutException("x"), Retry.LATER),
                new Failure(new PodDebtException("x", 3), Retry.LATER),
                new Failure(new SaveStreamException("x"), Retry.AFTER_CHANGE),
                new Failure(new MigrationException("x"), Retry.LATER),
                new Failure(new XenCallException("x"), Retry.NEVER),
                new Failure(new XenStoreException("x"), Retry.NEVER),
                new Failure(new XenUnavailableException("x"), Retry.AFTER_CHANGE));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void eachExceptionTypeHasARetryAdvice(Failure failure) {
        assertEquals(failure.retry(), failure.exception().retry());
    }

    @Test
    void theTableAboveHasEachTypeOfTheFamily() {
        Set<Class<?>> tested =
                failures().map(failure -> failure.exception().getClass()).collect(Collectors.toSet());
        assertEquals(Set.copyOf(Arrays.asList(ToolstackException.class.getPermittedSubclasses())), tested);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void eachTypeTakesDomainAndStepFromTheBoundariesThatItPasses(Failure failure) {
        ToolstackException exception = failure.exception();
        assertEquals(OptionalInt.empty(), exception.domid());
        assertEquals(Optional.empty(), exception.uuid());
        assertEquals(Optional.empty(), exception.step());

        assertSame(exception, exception.at(POPULATE).during(Attempt.on(5, WEB, "building web")));

        assertEquals(OptionalInt.of(5), exception.domid());
        assertEquals(Optional.of(WEB), exception.uuid());
        assertEquals(Optional.of(POPULATE), exception.step());
    }

    @Test
    void theInnermostBoundaryNamesDomainAndStep() {
        ToolstackException exception = new HostMemoryException("no memory");
        exception.at(POPULATE).during(Attempt.on(5, "populating"));
        exception.at(BUILD).during(Attempt.on(6, OTHER, "building"));

        assertEquals(OptionalInt.of(5), exception.domid());
        assertEquals(Optional.of(OTHER), exception.uuid());
        assertEquals(Optional.of(POPULATE), exception.step());
    }

    @Test
    void errnoComesFromTheRefusedCallHoweverDeepItIs() {
        XenLibException refused = new XenLibException("xs_write", Errno.ENOSPC);
        XenStoreException inner = new XenStoreException("cannot write", refused);
        assertEquals(Optional.of(Errno.ENOSPC), new DeviceException("cannot attach", inner).errno());
        assertEquals(Optional.empty(), new DeviceException("cannot attach").errno());
    }

    @ParameterizedTest
    @CsvSource({
        "EAGAIN, LATER",
        "EBUSY, LATER",
        "ENOMEM, LATER",
        "EPERM, AFTER_CHANGE",
        "EACCES, AFTER_CHANGE",
        "ENOTEMPTY, AFTER_CHANGE",
        "EINVAL, NEVER",
        "ENOSYS, NEVER",
        "EOPNOTSUPP, NEVER"
    })
    void aRefusedCallCanBeRepeatedOrNotByItsErrno(String symbol, Retry retry) throws ReflectiveOperationException {
        Errno errno = (Errno) Errno.class.getField(symbol).get(null);
        XenLibException refused = new XenLibException("xencall1", errno);
        assertEquals(retry, new XenCallException("x", refused).retry());
        assertEquals(retry, new XenStoreException("x", refused).retry());
    }

    @Test
    void aXenstoredThatIsGoneMayComeBack() {
        XenLibException broken = new XenLibException("xs_read", Errno.EPIPE);
        assertEquals(Retry.LATER, new XenStoreException("cannot read", broken).retry());
    }
}

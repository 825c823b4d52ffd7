/* SPDX-License-Identifier: MIT */
/*
 * The DSDT of board pc (i440FX, PIIX3, PIIX4 power management), ACPI 3.0. iasl compiles it at build time.
 *
 * PCI interrupts: PIIX3 routes the four PIRQ pins by registers 60h-63h of its function 0; bit 7 switches one off
 * (82371SB data sheet, 2.3.3). Pin n of slot s reaches PIRQ (s - 1 + n) mod 4. The same numbers are the I/O APIC's
 * inputs, so one table serves both interrupt models.
 */
DefinitionBlock ("dsdt.aml", "DSDT", 1, "DRGMAN", "DRGMANPC", 1)
{
    Scope (\_SB)
    {
        Device (PCI0)
        {
            Name (_HID, EisaId ("PNP0A03"))
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate ()
            {
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0, 0x00, 0xff, 0, 0x100)
                IO (Decode16, 0x0cf8, 0x0cf8, 1, 8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0, 0x0000, 0x0cf7, 0, 0x0cf8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0, 0x0d00, 0xffff, 0, 0xf300)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                             0, 0x000a0000, 0x000bffff, 0, 0x00020000)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite,
                             0, 0xc0000000, 0xfebfffff, 0, 0x3ec00000)
            })

            /* All 32 slots, four pins each: package of (slot and any function, pin, link, 0). */
            Method (_PRT, 0, Serialized)
            {
                Local0 = Package (128) {}
                Local1 = 0
                While (Local1 < 128)
                {
                    Local2 = Local1 >> 2
                    Local3 = (Local1 + Local2 + 3) & 3
                    If (Local3 == 0) { Local4 = Package (4) { 0, 0, LNKA, 0 } }
                    If (Local3 == 1) { Local4 = Package (4) { 0, 0, LNKB, 0 } }
                    If (Local3 == 2) { Local4 = Package (4) { 0, 0, LNKC, 0 } }
                    If (Local3 == 3) { Local4 = Package (4) { 0, 0, LNKD, 0 } }
                    Local4 [0] = (Local2 << 16) | 0xffff
                    Local4 [1] = Local1 & 3
                    Local0 [Local1] = Local4
                    Local1++
                }
                /* The power management function's interrupt is the SCI, which is wired to 9. */
                Local0 [4] = Package (4) { 0x0001ffff, 0, LNKS, 0 }
                Return (Local0)
            }

            /* Power management, 82371AB: which ports the board has (registers 5Fh and 67h). */
            Device (PM)
            {
                Name (_ADR, 0x00010003)
                OperationRegion (PRES, PCI_Config, 0x5f, 9)
                Field (PRES, ByteAcc, NoLock, Preserve)
                {
                    , 7, LPEN, 1, Offset (8), , 3, CAEN, 1, , 3, CBEN, 1
                }
            }

            /* Hot plug: slots where a device came (reading clears them), where one is asked to go; eject; the bus they mean. */
            OperationRegion (HPIO, SystemIO, 0xae00, 0x14)
            Field (HPIO, DWordAcc, NoLock, WriteAsZeros) { PCIU, 32, PCID, 32, B0EJ, 32, PCRM, 32, BNUM, 32 }
            Mutex (HPLK, 0)
            Name (HPUP, 0)
            Name (HPGO, 0)
            Method (EJCT, 1)
            {
                Acquire (HPLK, 0xffff)
                BNUM = 0
                B0EJ = 1 << Arg0
                Release (HPLK)
            }
            Method (HPEV, 0)                /* the event is in the table of slots, pci_slots.c */
            {
                Acquire (HPLK, 0xffff)
                BNUM = 0
                HPUP = PCIU
                HPGO = PCID
                Release (HPLK)
            }

            /* The ports of hot plug and of general-purpose events are taken. */
            Device (HPRS)
            {
                Name (_HID, EisaId ("PNP0A06"))
                Name (_UID, "hot plug and events")
                Name (_STA, 0x0b)
                Name (_CRS, ResourceTemplate ()
                {
                    IO (Decode16, 0xae00, 0xae00, 1, 0x18)
                    IO (Decode16, 0xafe0, 0xafe0, 1, 4)
                })
            }

            Device (FWCF)
            {
                Name (_HID, "QEMU0002")
                Name (_STA, 0x0b)
                Name (_CRS, ResourceTemplate () { IO (Decode16, 0x510, 0x510, 1, 12) })
            }

            Device (ISA)
            {
                Name (_ADR, 0x00010000)
                OperationRegion (PIRQ, PCI_Config, 0x60, 4)
                Field (PIRQ, ByteAcc, NoLock, Preserve)
                {
                    PRQ0, 8, PRQ1, 8, PRQ2, 8, PRQ3, 8
                }
                Device (KBD)
                {
                    Name (_HID, EisaId ("PNP0303"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x60, 0x60, 1, 1)
                        IO (Decode16, 0x64, 0x64, 1, 1)
                        IRQNoFlags () { 1 }
                    })
                }
                Device (MOU)
                {
                    Name (_HID, EisaId ("PNP0F13"))
                    Name (_CRS, ResourceTemplate () { IRQNoFlags () { 12 } })
                }
                Device (RTC)
                {
                    Name (_HID, EisaId ("PNP0B00"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x70, 0x70, 1, 8)
                        IRQNoFlags () { 8 }
                    })
                }
                Device (FDC0)
                {
                    Name (_HID, EisaId ("PNP0700"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x3f2, 0x3f2, 0, 4)
                        IO (Decode16, 0x3f7, 0x3f7, 0, 1)
                        IRQNoFlags () { 6 }
                        DMA (Compatibility, NotBusMaster, Transfer8) { 2 }
                    })
                }
                Device (LPT1)
                {
                    Name (_HID, EisaId ("PNP0400"))
                    Name (_UID, 1)
                    Method (_STA, 0) { If (^^^PM.LPEN) { Return (0x0f) } Return (0) }
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x378, 0x378, 8, 8)
                        IRQNoFlags () { 7 }
                    })
                }
                Device (COM1)
                {
                    Name (_HID, EisaId ("PNP0501"))
                    Name (_UID, 1)
                    Method (_STA, 0) { If (^^^PM.CAEN) { Return (0x0f) } Return (0) }
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x3f8, 0x3f8, 0, 8)
                        IRQNoFlags () { 4 }
                    })
                }
                Device (COM2)
                {
                    Name (_HID, EisaId ("PNP0501"))
                    Name (_UID, 2)
                    Method (_STA, 0) { If (^^^PM.CBEN) { Return (0x0f) } Return (0) }
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x2f8, 0x2f8, 0, 8)
                        IRQNoFlags () { 3 }
                    })
                }
            }
        }

        Scope (PCI0.ISA)
        {
            /* The value of a link's register as an interrupt number in a resource template, and its state. */
            Name (BUF0, ResourceTemplate () { Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 0 } })
            Method (CRS0, 1, Serialized)
            {
                CreateDWordField (BUF0, 5, INTN)
                INTN = Arg0 & 15
                Return (BUF0)
            }
            Method (STA0, 1, NotSerialized)
            {
                If (Arg0 & 0x80) { Return (0x09) }
                Return (0x0b)
            }
        }

        /* The timers answer or they are not there: their vendor and period (IA-PC HPET 1.0a, 2.3.4). */
        Device (HPET)
        {
            Name (_HID, EisaId ("PNP0103"))
            Name (_UID, 0)
            OperationRegion (HPTM, SystemMemory, 0xfed00000, 8)
            Field (HPTM, DWordAcc, Lock, Preserve) { VEND, 32, PRD, 32 }
            Method (_STA, 0)
            {
                If (VEND == 0 || VEND == 0xffffffff || PRD == 0 || PRD > 100000000) { Return (0) }
                Return (0x0f)
            }
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadOnly, 0xfed00000, 0x400) })
        }

        Device (LNKA)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 1)
            Name (_PRS, ResourceTemplate () { Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 5, 10, 11 } })
            Method (_STA, 0) { Return (^^PCI0.ISA.STA0 (^^PCI0.ISA.PRQ0)) }
            Method (_DIS, 0) { ^^PCI0.ISA.PRQ0 |= 0x80 }
            Method (_CRS, 0, Serialized) { Return (^^PCI0.ISA.CRS0 (^^PCI0.ISA.PRQ0)) }
            Method (_SRS, 1, Serialized) { CreateDWordField (Arg0, 5, INTN) ^^PCI0.ISA.PRQ0 = INTN }
        }
        Device (LNKB)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 2)
            Name (_PRS, ResourceTemplate () { Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 5, 10, 11 } })
            Method (_STA, 0) { Return (^^PCI0.ISA.STA0 (^^PCI0.ISA.PRQ1)) }
            Method (_DIS, 0) { ^^PCI0.ISA.PRQ1 |= 0x80 }
            Method (_CRS, 0, Serialized) { Return (^^PCI0.ISA.CRS0 (^^PCI0.ISA.PRQ1)) }
            Method (_SRS, 1, Serialized) { CreateDWordField (Arg0, 5, INTN) ^^PCI0.ISA.PRQ1 = INTN }
        }
        Device (LNKC)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 3)
            Name (_PRS, ResourceTemplate () { Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 5, 10, 11 } })
            Method (_STA, 0) { Return (^^PCI0.ISA.STA0 (^^PCI0.ISA.PRQ2)) }
            Method (_DIS, 0) { ^^PCI0.ISA.PRQ2 |= 0x80 }
            Method (_CRS, 0, Serialized) { Return (^^PCI0.ISA.CRS0 (^^PCI0.ISA.PRQ2)) }
            Method (_SRS, 1, Serialized) { CreateDWordField (Arg0, 5, INTN) ^^PCI0.ISA.PRQ2 = INTN }
        }
        Device (LNKD)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 4)
            Name (_PRS, ResourceTemplate () { Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 5, 10, 11 } })
            Method (_STA, 0) { Return (^^PCI0.ISA.STA0 (^^PCI0.ISA.PRQ3)) }
            Method (_DIS, 0) { ^^PCI0.ISA.PRQ3 |= 0x80 }
            Method (_CRS, 0, Serialized) { Return (^^PCI0.ISA.CRS0 (^^PCI0.ISA.PRQ3)) }
            Method (_SRS, 1, Serialized) { CreateDWordField (Arg0, 5, INTN) ^^PCI0.ISA.PRQ3 = INTN }
        }
        Device (LNKS)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 5)
            Name (_PRS, ResourceTemplate () { Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 9 } })
            Name (_CRS, ResourceTemplate () { Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 9 } })
            Method (_STA, 0) { Return (0x0b) }
            Method (_DIS, 0) { }
            Method (_SRS, 1) { }
        }
    }

    Scope (\_GPE)
    {
        Name (_HID, "ACPI0006")
    }

    /* Soft-off: sleep type 0 in PM1a control (82371AB, 7.2.3). */
    Name (\_S5, Package (4) { 0, 0, 0, 0 })
}

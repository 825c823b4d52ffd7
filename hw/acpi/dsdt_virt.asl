/* SPDX-License-Identifier: MIT */
/*
 * The devices of "virt" for ACPI guests. Compiled twice: with HIGH the PCI host bridge has its windows above 4 GiB. PCI interrupts: pin p
 * (from 0) of slot s is interrupt 35 + (s + p) mod 4, as in the device tree.
 */
DefinitionBlock ("", "DSDT", 2, "DRGMAN", "DRGMVIRT", 1)
{
    Scope (_SB)
    {
        Device (COM0) { Name (_HID, "ARMH0011") Name (_UID, 0)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x09000000, 0x1000)
                Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) { 33 } }) }
        Device (FWCF) { Name (_HID, "QEMU0002") Name (_STA, 0x0B) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x09020000, 0x18) }) }
        Device (VR00) { Name (_HID, "LNRO0005") Name (_UID, 0) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A000000, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 48 } }) }
        Device (VR01) { Name (_HID, "LNRO0005") Name (_UID, 1) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A000200, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 49 } }) }
        Device (VR02) { Name (_HID, "LNRO0005") Name (_UID, 2) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A000400, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 50 } }) }
        Device (VR03) { Name (_HID, "LNRO0005") Name (_UID, 3) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A000600, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 51 } }) }
        Device (VR04) { Name (_HID, "LNRO0005") Name (_UID, 4) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A000800, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 52 } }) }
        Device (VR05) { Name (_HID, "LNRO0005") Name (_UID, 5) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A000A00, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 53 } }) }
        Device (VR06) { Name (_HID, "LNRO0005") Name (_UID, 6) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A000C00, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 54 } }) }
        Device (VR07) { Name (_HID, "LNRO0005") Name (_UID, 7) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A000E00, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 55 } }) }
        Device (VR08) { Name (_HID, "LNRO0005") Name (_UID, 8) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A001000, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 56 } }) }
        Device (VR09) { Name (_HID, "LNRO0005") Name (_UID, 9) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A001200, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 57 } }) }
        Device (VR0A) { Name (_HID, "LNRO0005") Name (_UID, 10) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A001400, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 58 } }) }
        Device (VR0B) { Name (_HID, "LNRO0005") Name (_UID, 11) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A001600, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 59 } }) }
        Device (VR0C) { Name (_HID, "LNRO0005") Name (_UID, 12) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A001800, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 60 } }) }
        Device (VR0D) { Name (_HID, "LNRO0005") Name (_UID, 13) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A001A00, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 61 } }) }
        Device (VR0E) { Name (_HID, "LNRO0005") Name (_UID, 14) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A001C00, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 62 } }) }
        Device (VR0F) { Name (_HID, "LNRO0005") Name (_UID, 15) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A001E00, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 63 } }) }
        Device (VR10) { Name (_HID, "LNRO0005") Name (_UID, 16) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A002000, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 64 } }) }
        Device (VR11) { Name (_HID, "LNRO0005") Name (_UID, 17) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A002200, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 65 } }) }
        Device (VR12) { Name (_HID, "LNRO0005") Name (_UID, 18) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A002400, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 66 } }) }
        Device (VR13) { Name (_HID, "LNRO0005") Name (_UID, 19) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A002600, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 67 } }) }
        Device (VR14) { Name (_HID, "LNRO0005") Name (_UID, 20) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A002800, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 68 } }) }
        Device (VR15) { Name (_HID, "LNRO0005") Name (_UID, 21) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A002A00, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 69 } }) }
        Device (VR16) { Name (_HID, "LNRO0005") Name (_UID, 22) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A002C00, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 70 } }) }
        Device (VR17) { Name (_HID, "LNRO0005") Name (_UID, 23) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A002E00, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 71 } }) }
        Device (VR18) { Name (_HID, "LNRO0005") Name (_UID, 24) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A003000, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 72 } }) }
        Device (VR19) { Name (_HID, "LNRO0005") Name (_UID, 25) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A003200, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 73 } }) }
        Device (VR1A) { Name (_HID, "LNRO0005") Name (_UID, 26) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A003400, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 74 } }) }
        Device (VR1B) { Name (_HID, "LNRO0005") Name (_UID, 27) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A003600, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 75 } }) }
        Device (VR1C) { Name (_HID, "LNRO0005") Name (_UID, 28) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A003800, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 76 } }) }
        Device (VR1D) { Name (_HID, "LNRO0005") Name (_UID, 29) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A003A00, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 77 } }) }
        Device (VR1E) { Name (_HID, "LNRO0005") Name (_UID, 30) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A003C00, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 78 } }) }
        Device (VR1F) { Name (_HID, "LNRO0005") Name (_UID, 31) Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x0A003E00, 0x200)
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 79 } }) }
        Device (GPO0) { Name (_HID, "ARMH0061") Name (_UID, 0)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x09030000, 0x1000)
                Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) { 39 } })
            Name (_AEI, ResourceTemplate () {
                GpioInt (Edge, ActiveHigh, Exclusive, PullUp, 0, "GPO0", 0, ResourceConsumer) { 3 } })
            Method (_E03) { Notify (\_SB.PWRB, 0x80) } }
        Device (PWRB) { Name (_HID, "PNP0C0C") Name (_UID, 0) }
        Device (PCI0)
        {
            Name (_HID, "PNP0A08")
            Name (_CID, "PNP0A03")
            Name (_SEG, 0)
            Name (_BBN, 0)
            Name (_UID, 0)
            Name (_CCA, 1)
            Name (PRTP, Package (128) {})
            Method (_PRT)
            {
                Local0 = 0
                While (Local0 < 128)
                {
                    Local1 = Package (4) { 0, 0, 0, 0 }
                    Local1 [0] = ((Local0 >> 2) << 16) | 0xFFFF
                    Local1 [1] = Local0 & 3
                    Local1 [2] = 0
                    Local1 [3] = 35 + (((Local0 >> 2) + (Local0 & 3)) & 3)
                    PRTP [Local0] = Local1
                    Local0++
                }
                Return (PRTP)
            }
#ifdef HIGH
            Method (_CBA) { Return (0x4010000000) }
#else
            Method (_CBA) { Return (0x3F000000) }
#endif
            Name (_CRS, ResourceTemplate ()
            {
#ifdef HIGH
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0, 0, 255, 0, 256)
#else
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0, 0, 15, 0, 16)
#endif
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite, 0, 0x10000000, 0x3EFEFFFF, 0,
                    0x2EFF0000)
                DWordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0, 0, 0xFFFF, 0x3EFF0000, 0x10000)
#ifdef HIGH
                QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite, 0, 0x8000000000, 0xFFFFFFFFFF, 0,
                    0x8000000000)
#endif
            })
            /* PCI Firmware Specification 3.0, 4.5: the system may have all that it asks for but latency reports. */
            Method (_OSC, 4)
            {
                CreateDWordField (Arg3, 0, CDW1)
                If (Arg0 != ToUUID ("33DB4D5B-1FF7-401C-9657-7441C03DD766"))
                {
                    CDW1 |= 4                   /* unknown UUID */
                    Return (Arg3)
                }
                CreateDWordField (Arg3, 8, CDW3)
                Local0 = CDW3 & 0x1F
                If (Arg1 != 1)
                {
                    CDW1 |= 8                   /* unknown revision */
                }
                If (Local0 != CDW3)
                {
                    CDW1 |= 0x10                /* bits were masked */
                }
                CDW3 = Local0
                Return (Arg3)
            }
            Device (RES0) { Name (_HID, "PNP0C02")
                Name (_CRS, ResourceTemplate () {
#ifdef HIGH
                    QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite, 0, 0x4010000000, 0x401FFFFFFF,
                        0, 0x10000000)
#else
                    DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite, 0, 0x3F000000, 0x3FFFFFFF, 0,
                        0x1000000)
#endif
                }) }
        }
    }
}
